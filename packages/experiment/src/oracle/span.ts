/**
 * A stretch of time: a fixed part, and independent parts that chance adds. Whole microseconds.
 *
 * Means and variances of independent parts add up exactly, so most oracles need nothing else.
 * What a span looks like as a whole (its quantiles) is mixture.ts's business.
 */

/** Any whole number of 0 … `toUs`, all alike. */
export interface EvenPart {
  readonly kind: "even";
  readonly toUs: number;
}

/** These times, rising, each with its weight; the weights sum to 1. */
export interface StepsPart {
  readonly kind: "steps";
  readonly us: readonly number[];
  readonly weights: readonly number[];
}

/** Somewhere from 0 to `toUs`, nobody knows how. */
export interface LoosePart {
  readonly kind: "loose";
  readonly toUs: number;
}

/** What chance adds to a span. */
export type Part = EvenPart | StepsPart | LoosePart;

/** A stretch of time. */
export interface Span {
  readonly fixedUs: number;
  readonly parts: readonly Part[];
}

/** Mean and variance; null where a part is loose. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** No time at all. */
export const NO_TIME: Span = { fixedUs: 0, parts: [] };

/** A span that chance has no part in. */
export function fixed(us: number): Span {
  return { fixedUs: us, parts: [] };
}

/** One after the other. */
export function after(one: Span, other: Span): Span {
  return { fixedUs: one.fixedUs + other.fixedUs, parts: [...one.parts, ...other.parts] };
}

/** Equal steps of equal weight, merged where they coincide. */
export function stepsOf(times: ArrayLike<number>): StepsPart {
  const counts = new Map<number, number>();
  for (const us of Array.from(times)) counts.set(us, (counts.get(us) ?? 0) + 1);
  const us = [...counts.keys()].toSorted((a, b) => a - b);
  return { kind: "steps", us, weights: us.map((at) => (counts.get(at) ?? 0) / times.length) };
}

/** The shortest it can be. */
export function leastUs({ fixedUs, parts }: Span): number {
  return parts.reduce(
    (sum, part) => sum + (part.kind === "steps" ? (part.us[0] ?? 0) : 0),
    fixedUs,
  );
}

/** The longest it can be. */
export function mostUs({ fixedUs, parts }: Span): number {
  return parts.reduce(
    (sum, part) => sum + (part.kind === "steps" ? (part.us.at(-1) ?? 0) : part.toUs),
    fixedUs,
  );
}

/** Mean and variance of the whole; null where a part is loose. */
export function momentsOf({ fixedUs, parts }: Span): Moments | null {
  let mean = fixedUs;
  let variance = 0;
  for (const part of parts) {
    const own = partMoments(part);
    if (own === null) return null;
    mean += own.mean;
    variance += own.variance;
  }
  return { mean, variance };
}

/** Mean and variance of what chance adds. */
export function partMoments(part: Part): Moments | null {
  switch (part.kind) {
    case "even": {
      const values = part.toUs + 1;
      return { mean: part.toUs / 2, variance: (values * values - 1) / 12 };
    }
    case "steps": {
      const mean = part.us.reduce((sum, us, index) => sum + us * part.weights[index]!, 0);
      const variance = part.us.reduce((sum, us, index) => {
        const off = us - mean;
        return sum + off * off * part.weights[index]!;
      }, 0);
      return { mean, variance };
    }
    case "loose":
      return null;
    default:
      return part satisfies never;
  }
}
