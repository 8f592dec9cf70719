/**
 * The difference of two independent proportions, by Newcombe's hybrid score interval.
 *
 * Newcombe 1998, "Interval estimation for the difference between independent proportions",
 * Statistics in Medicine 17:873-890, method 10 without continuity correction: the distances of the
 * two Wilson limits are added as squares. Where both runs met the same faults the samples are not
 * independent: paired.ts says more with less.
 */
import { wilson } from "./wilson.ts";

/** A proportion with its sample. */
export interface Share {
  readonly successes: number;
  readonly n: number;
}

/**
 * The interval of `a`'s proportion less `b`'s; null where either has no sample.
 *
 * @param confidence two-sided, 0.95 where left out.
 * @example
 * ```ts
 * newcombe({ successes: 56, n: 70 }, { successes: 48, n: 80 }); // [0.0524…, 0.3339…] around 0.2
 * ```
 */
export function newcombe(a: Share, b: Share, confidence = 0.95): [number, number] | null {
  const first = wilson(a.successes, a.n, confidence);
  const second = wilson(b.successes, b.n, confidence);
  if (first === null || second === null) return null;
  const p = a.successes / a.n;
  const q = b.successes / b.n;
  const below = Math.sqrt(square(p - first[0]) + square(second[1] - q));
  const above = Math.sqrt(square(first[1] - p) + square(q - second[0]));
  return [Math.max(-1, p - q - below), Math.min(1, p - q + above)];
}

/** Not `**`: powers, like logarithms, may differ in the last bit between engines. */
function square(x: number): number {
  return x * x;
}
