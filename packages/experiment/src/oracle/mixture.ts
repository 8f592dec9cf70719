/**
 * The distribution of a time that may come about in several ways, each a sum of even parts.
 *
 * P(sum of m even parts ≤ x) is the generalised Irwin-Hall formula, with (y)+ = max(0, y):
 *
 *   F(x) = Σ over subsets S of (-1)^|S| · (y - Σ_S w)+^m / (m! · Π w),   y = x + (m + 1) / 2
 *
 * w counts the values of a part; a half for each part turns whole microseconds into a continuum,
 * which is exact for one part and off by less than a microsecond's share for more. Steps are
 * summed over. Only + - * /: the same in every engine.
 */
import { NoForm } from "./refusal.ts";
import type { EvenPart, Part, Span, StepsPart } from "./span.ts";
import { leastUs, mostUs } from "./span.ts";

/** The distribution of a time in whole microseconds. */
export interface Distribution {
  /** P(time ≤ us). */
  atMost(us: number): number;
  readonly leastUs: number;
  readonly mostUs: number;
}

/** One way for a time to come about. */
export interface Way {
  readonly weight: number;
  readonly span: Span;
}

/** Subsets of parts double with each: beyond, the terms of the sum would eat each other's digits. */
const EVEN_PARTS_MAX = 8;
const COSTS_MAX = 200_000;

/**
 * The distribution over all ways; weights need not sum to 1.
 *
 * @throws NoForm where a part is loose, or the sum would be too long
 */
export function mixtureOf(ways: readonly Way[]): Distribution {
  const possible = ways.filter(({ weight }) => weight > 0);
  const total = possible.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) throw new NoForm(`"faults" let nothing be delivered`);
  const costs = possible.reduce((sum, { span }) => sum + costOf(span), 0);
  if (costs > COSTS_MAX) throw new NoForm(`"faults" and retries give too many times to sum over`);
  return {
    atMost: (us) =>
      possible.reduce(
        (sum, { weight, span }) =>
          sum + (weight / total) * partsAtMost(span.parts, us - span.fixedUs),
        0,
      ),
    leastUs: Math.min(...possible.map(({ span }) => leastUs(span))),
    mostUs: Math.max(...possible.map(({ span }) => mostUs(span))),
  };
}

/** The smallest time that at least a share `q` does not pass. */
export function quantileUs(law: Distribution, q: number): number {
  let low = law.leastUs;
  let high = law.mostUs;
  // rounding may leave the sum of all weights just below 1
  const target = q - 1e-12;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (law.atMost(middle) >= target) high = middle;
    else low = middle + 1;
  }
  return low;
}

function costOf({ parts }: Span): number {
  let cost = 1;
  for (const part of parts) {
    if (part.kind === "loose") throw new NoForm(`"faults" delay replies by what other messages do`);
    cost *= part.kind === "steps" ? part.us.length : 2;
  }
  if (parts.filter(({ kind }) => kind === "even").length > EVEN_PARTS_MAX) {
    throw new NoForm(`"client.attemptsMax" and jitter sum up more waits than can be told apart`);
  }
  return cost;
}

function partsAtMost(parts: readonly Part[], us: number): number {
  const steps = parts.find((part): part is StepsPart => part.kind === "steps");
  if (steps === undefined) return evensAtMost(parts as readonly EvenPart[], us);
  const rest = parts.filter((part) => part !== steps);
  if (rest.length === 0) return stepsAtMost(steps, us);
  let sum = 0;
  for (let index = 0; index < steps.us.length; index += 1) {
    const leftUs = us - steps.us[index]!;
    if (leftUs < 0) break;
    sum += steps.weights[index]! * partsAtMost(rest, leftUs);
  }
  return sum;
}

const cumulated = new WeakMap<StepsPart, Float64Array>();

function stepsAtMost(part: StepsPart, us: number): number {
  let sums = cumulated.get(part);
  if (sums === undefined) {
    let sum = 0;
    sums = Float64Array.from(part.weights, (weight) => (sum += weight));
    cumulated.set(part, sums);
  }
  let low = 0;
  let high = part.us.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (part.us[middle]! <= us) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : sums[low - 1]!;
}

function evensAtMost(parts: readonly EvenPart[], us: number): number {
  if (us < 0) return 0;
  const widths = parts.filter(({ toUs }) => toUs > 0).map(({ toUs }) => toUs + 1);
  const count = widths.length;
  if (us >= widths.reduce((sum, width) => sum + width - 1, 0)) return 1;
  const y = us + (count + 1) / 2;
  let sum = 0;
  for (let subset = 0; subset < 2 ** count; subset += 1) {
    let left = y;
    let term = 1;
    for (let part = 0; part < count; part += 1) {
      if (((subset >>> part) & 1) === 0) continue;
      left -= widths[part]!;
      term = -term;
    }
    if (left <= 0) continue;
    for (let part = 0; part < count; part += 1) term *= left / (widths[part]! * (part + 1));
    sum += term;
  }
  return Math.min(1, Math.max(0, sum));
}
