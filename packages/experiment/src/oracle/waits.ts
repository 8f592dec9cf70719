/**
 * The waits before retries: what the first k of them come to together.
 *
 *   none           the ceiling c               full    any of 0 … c
 *   equal          c/2 and any of 0 … c/2      decorrelated    any of b … 3w, w the wait before
 *
 * Ceilings c grow by `factor` up to `maxMs` (AWS Architecture Blog, "Exponential Backoff And
 * Jitter", 2015). Waits do not depend on how attempts end, only on how many have: so their sums
 * are worked out once, in whole microseconds, exactly as the client draws them (its backoff.ts).
 */
import type { Backoff } from "../spec/types.ts";
import type { EvenPart, Moments } from "./span.ts";
import { partMoments } from "./span.ts";
import { usOf } from "./wire.ts";

/** The first k waits together. */
export interface WaitSum {
  /** What chance has no part in. */
  readonly fixedUs: number;
  /** The parts that chance adds; undefined where they depend on each other. */
  readonly parts: readonly EvenPart[] | undefined;
  /** Of the parts together; undefined where `maxMs` clips a wait that depends on another. */
  readonly moments: Moments | undefined;
  /** The longest that the waits can be together. */
  readonly mostUs: number;
  /** The longest that the last of them can be. */
  readonly lastMostUs: number;
}

const NONE: WaitSum = {
  fixedUs: 0,
  parts: [],
  moments: { mean: 0, variance: 0 },
  mostUs: 0,
  lastMostUs: 0,
};

const GROWTH = 3;

/** The sums of the first 0, 1, … `retriesMax` waits. */
export function waitSums(backoff: Backoff, retriesMax: number): readonly WaitSum[] {
  return backoff.kind === "decorrelated"
    ? decorrelated(backoff, retriesMax)
    : spread(backoff, retriesMax);
}

function spread({ kind, firstMs, factor, maxMs, jitter }: Backoff, retriesMax: number): WaitSum[] {
  const sums = [NONE];
  let ceilingUs = usOf(firstMs);
  let sum = NONE;
  for (let retry = 1; retry <= retriesMax; retry += 1) {
    const sureUs = { none: ceilingUs, full: 0, equal: Math.floor(ceilingUs / 2) }[jitter];
    const part: EvenPart = { kind: "even", toUs: ceilingUs - sureUs };
    const added = partMoments(part)!;
    sum = {
      fixedUs: sum.fixedUs + sureUs,
      parts: part.toUs === 0 ? sum.parts : [...sum.parts!, part],
      moments: {
        mean: sum.moments!.mean + added.mean,
        variance: sum.moments!.variance + added.variance,
      },
      mostUs: sum.mostUs + ceilingUs,
      lastMostUs: ceilingUs,
    };
    sums.push(sum);
    if (kind === "exponential") ceilingUs = Math.min(usOf(maxMs), Math.round(ceilingUs * factor));
  }
  return sums;
}

/**
 * Each wait w' is even over b … 3w: E[w'|w] = (b + 3w) / 2, var(w'|w) = ((3w - b + 1)² - 1) / 12.
 * Both are polynomials of w, so mean, square and product with the sum so far carry over.
 */
function decorrelated({ firstMs, maxMs }: Backoff, retriesMax: number): WaitSum[] {
  const firstUs = usOf(firstMs);
  const sums = [NONE];
  // of the last wait: mean, mean square, greatest; of the sum: mean, mean square; of their product
  let [wait, square, mostUs] = [firstUs, firstUs * firstUs, firstUs];
  let [total, totalSquare, product, totalMostUs] = [0, 0, 0, 0];
  let clipped = false;
  for (let retry = 1; retry <= retriesMax; retry += 1) {
    const nextTimesTotal = (firstUs * total + GROWTH * product) / 2;
    const next = (firstUs + GROWTH * wait) / 2;
    // E[(3w - b + 1)²], then E[mean²] + E[variance]
    const width = GROWTH * GROWTH * square + 2 * GROWTH * (1 - firstUs) * wait;
    const spreadOf = (width + (1 - firstUs) * (1 - firstUs) - 1) / 12;
    const centre = (firstUs * firstUs + 2 * GROWTH * firstUs * wait + GROWTH * GROWTH * square) / 4;
    [wait, square] = [next, centre + spreadOf];
    totalSquare += 2 * nextTimesTotal + square;
    product = nextTimesTotal + square;
    total += wait;
    clipped ||= mostUs * GROWTH > usOf(maxMs);
    mostUs = Math.min(usOf(maxMs), mostUs * GROWTH);
    totalMostUs += mostUs;
    sums.push({
      fixedUs: 0,
      parts: undefined,
      moments: clipped ? undefined : { mean: total, variance: totalSquare - total * total },
      mostUs: totalMostUs,
      lastMostUs: mostUs,
    });
  }
  return sums;
}
