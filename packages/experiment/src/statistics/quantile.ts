/**
 * Quantiles by nearest rank, and their distribution-free interval by order statistics.
 *
 * The interval [x(l), x(u)] covers the true quantile with P(l ≤ B ≤ u-1), B binomial(n, q). No
 * bootstrap: for a p99 it covers 87 % where it says 95. A sample too small to bound the quantile
 * from above (q^n > 2.5 %) gives no quantile at all, rather than its maximum in disguise.
 */
import { binomialWeights } from "./binomial.ts";
import { smallestDeciding } from "./sample-size.ts";

/** The share of one tail beyond which a sample says nothing of a quantile: that of 95 %. */
const TAIL = 0.025;

/** The nearest rank, from 1: ⌈q·n⌉. Rounding of q·n itself is forgiven. */
export function nearestRank(q: number, n: number): number {
  return Math.min(n, Math.max(1, Math.ceil(q * n - 1e-9)));
}

/** Whether n observations support the quantile: 6 for the median, 36, 72, 368, 3688 for p90 … p99.9. */
export function supports(q: number, n: number): boolean {
  return n > 0 && powerAtMost(q, n, TAIL);
}

/** q^n ≤ limit, by squaring: no Math.pow in a hashed result. */
function powerAtMost(q: number, n: number, limit: number): boolean {
  let base = q;
  let product = 1;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) product *= base;
    base *= base;
  }
  return product <= limit;
}

/** Ranks of the interval, from 1; null where the sample does not bound that side. */
export interface RankInterval {
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * The ranks whose order statistics enclose the q quantile at least with this confidence.
 *
 * @param confidence two-sided; each tail gets half of what is left.
 */
export function quantileRanks(q: number, n: number, confidence: number): RankInterval {
  if (n === 0) return { lower: null, upper: null };
  const tail = (1 - confidence) / 2;
  const { first, weights, total } = binomialWeights(q, n);
  let below = 0;
  let lower: number | null = null;
  let upper: number | null = null;
  // P(B < k) grows with k: the last k with at most `tail` below it, the first with at most `tail` from it on
  for (let index = 0; index < weights.length; index += 1) {
    const k = first + index;
    if (below <= tail && k >= 1) lower = k;
    if (upper === null && k >= 1 && 1 - below <= tail) upper = k;
    below += (weights[index] ?? 0) / total;
  }
  return { lower, upper };
}

/**
 * How large a sample would keep a threshold out of the interval of its q quantile.
 *
 * @param atMost how many of the `n` observed were at most the threshold.
 * @returns a size refined to about 1 %; null where no sane sample does.
 */
export function quantileSampleSize(
  atMost: number,
  n: number,
  { q, confidence }: { readonly q: number; readonly confidence: number },
): number | null {
  return smallestDeciding(n, (size) => {
    const { lower, upper } = quantileRanks(q, size, confidence);
    const below = (atMost / n) * size;
    return (lower !== null && below < lower) || (upper !== null && below >= upper);
  });
}
