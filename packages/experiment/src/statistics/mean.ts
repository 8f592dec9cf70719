/**
 * The mean of independent observations, by Student's t: one number for each run of a series, or for
 * each pair of two.
 *
 * Messages of one run are no such thing, since they share their outages: see batch-means.ts.
 */
import { SAMPLE_MAX } from "./sample-size.ts";
import { studentT } from "./student.ts";

/** A mean with how far it may be off. */
export interface Mean {
  readonly n: number;
  readonly mean: number;
  /** Null for fewer than two observations. */
  readonly interval: [number, number] | null;
}

/**
 * Mean and interval of independent observations; null of none. Between-run statistics: x̄ ± t·s/√n.
 *
 * @param confidence two-sided, 0.95 where left out.
 */
export function meanOf(values: readonly number[], confidence = 0.95): Mean | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean, interval: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const half = studentT(confidence, n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { n, mean, interval: [mean - half, mean + half] };
}

/**
 * Mean and interval of the differences first less second, pair by pair; null without pairs.
 *
 * @throws RangeError where the lists are not equally long.
 */
export function pairedMean(
  first: readonly number[],
  second: readonly number[],
  confidence = 0.95,
): Mean | null {
  if (first.length !== second.length) {
    throw new RangeError(
      `Cannot pair as "second" must be as long as "first", ${first.length}: got ${second.length}`,
    );
  }
  return meanOf(
    first.map((value, index) => value - (second[index] ?? 0)),
    confidence,
  );
}

/**
 * How many observations would keep `threshold` out of the interval, were mean and spread the same.
 *
 * @returns null where the mean is the threshold, or no sane number would do.
 */
export function meanSampleSize(
  n: number,
  mean: number,
  interval: readonly [number, number],
  threshold: number,
): number | null {
  const half = (interval[1] - interval[0]) / 2;
  const ratio = half / Math.abs(mean - threshold);
  const size = Math.ceil(n * ratio * ratio);
  return size <= SAMPLE_MAX ? Math.max(size, n + 1) : null;
}
