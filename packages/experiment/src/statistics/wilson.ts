/**
 * Wilson's score interval for a proportion (Wilson 1927).
 *
 * Not the textbook p ± z·sqrt(p(1-p)/n): with 49 of 50 that one covers 64 % of the time where
 * it says 95. Messages of one run are taken as independent, which bursts are not: the reader of
 * a burst-loss result should want between-run intervals instead.
 */
import { zOf } from "./normal.ts";
import { smallestDeciding } from "./sample-size.ts";

/**
 * The interval for `successes` of `n`; null where n is 0.
 *
 * @param confidence two-sided, 0.95 where left out.
 * @example
 * ```ts
 * wilson(200, 200); // [0.9811…, 1]
 * ```
 */
export function wilson(successes: number, n: number, confidence = 0.95): [number, number] | null {
  return n === 0 ? null : around(successes, n, zOf(confidence));
}

function around(successes: number, n: number, z: number): [number, number] {
  const share = successes / n;
  const square = z * z;
  const centre = (share + square / (2 * n)) / (1 + square / n);
  const half = (z / (1 + square / n)) * Math.sqrt((share * (1 - share)) / n + square / (4 * n * n));
  return [
    successes === 0 ? 0 : Math.max(0, centre - half),
    successes === n ? 1 : Math.min(1, centre + half),
  ];
}

/**
 * How large a sample of the same share would keep `threshold` out of its interval.
 *
 * @returns a size refined to about 1 %; null where no sane sample does.
 */
export function wilsonSampleSize(
  successes: number,
  n: number,
  threshold: number,
  confidence: number,
): number | null {
  const z = zOf(confidence);
  return smallestDeciding(n, (size) => {
    const [low, high] = around((successes / n) * size, size, z);
    return threshold < low || threshold > high;
  });
}
