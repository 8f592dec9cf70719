/**
 * Two proportions of the same messages: what changed between two runs that met the same faults.
 *
 * Only the pairs that differ say anything about whether there is a difference: McNemar's test, exact
 * and as the mid-p (Fagerland, Lydersen and Laake 2013, BMC Medical Research Methodology 13:91, who
 * find the exact one too timid). How large the difference is: Newcombe 1998, "Improved confidence
 * intervals for the difference between binomial proportions based on paired data", Statistics in
 * Medicine 17:2635-2650, method 10. The road not taken: (b - c)² / (b + c) against χ², which misleads
 * for few differing pairs, and few is what a good client leaves.
 */
import { binomialWeights } from "./binomial.ts";
import { wilson } from "./wilson.ts";

/** Pairs by what became of them in the first and in the second run. */
export interface Pairs {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

/** McNemar's p-values, two-sided, for "no difference". Below 1e-19 they are 0. */
export interface McNemar {
  readonly exact: number;
  /** Counts what was seen by half: on average as often below 0.05 as 0.05 says. */
  readonly midP: number;
}

/** McNemar's test on the pairs that differ; 1 and 1 where none does. */
export function mcnemar({
  onlyFirst,
  onlySecond,
}: Pick<Pairs, "onlyFirst" | "onlySecond">): McNemar {
  const n = onlyFirst + onlySecond;
  if (n === 0) return { exact: 1, midP: 1 };
  const few = Math.min(onlyFirst, onlySecond);
  const { first, weights, total } = binomialWeights(0.5, n);
  const sum = weights.slice(0, Math.max(0, few - first + 1)).reduce((a, b) => a + b, 0);
  const atMost = sum / total;
  const precisely = (weights[few - first] ?? 0) / total;
  // as many one way as the other: nothing is less extreme, so all else is more, and this by half
  if (onlyFirst === onlySecond) return { exact: 1, midP: 1 - precisely / 2 };
  return { exact: Math.min(1, 2 * atMost), midP: 2 * atMost - precisely };
}

/**
 * The interval of the first proportion less the second; null without pairs.
 *
 * @param confidence two-sided, 0.95 where left out.
 */
export function pairedDifference(pairs: Pairs, confidence = 0.95): [number, number] | null {
  const { both, onlyFirst, onlySecond, neither } = pairs;
  const n = both + onlyFirst + onlySecond + neither;
  const first = wilson(both + onlyFirst, n, confidence);
  const second = wilson(both + onlySecond, n, confidence);
  if (first === null || second === null) return null;
  const p = (both + onlyFirst) / n;
  const q = (both + onlySecond) / n;
  const phi = correlation(pairs, n);
  const below = distance(p - first[0], second[1] - q, phi);
  const above = distance(first[1] - p, q - second[0], phi);
  const difference = (onlyFirst - onlySecond) / n;
  return [Math.max(-1, difference - below), Math.min(1, difference + above)];
}

/** Third side of the triangle in which the two limits enclose the correlation. */
function distance(one: number, other: number, phi: number): number {
  return Math.sqrt(Math.max(0, one * one - 2 * phi * one * other + other * other));
}

/** φ of the two runs, with Newcombe's continuity correction; 0 where one of them is constant. */
function correlation({ both, onlyFirst, onlySecond, neither }: Pairs, n: number): number {
  const margins =
    Math.sqrt(both + onlyFirst) *
    Math.sqrt(onlySecond + neither) *
    Math.sqrt(both + onlySecond) *
    Math.sqrt(onlyFirst + neither);
  if (margins === 0) return 0;
  const cross = both * neither - onlyFirst * onlySecond;
  const corrected = cross > 0 ? Math.max(0, cross - n / 2) : cross;
  return corrected / margins;
}
