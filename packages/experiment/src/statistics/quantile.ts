/**
 * Quantiles by nearest rank, and their distribution-free interval by order statistics.
 *
 * The interval [x(l), x(u)] covers the true quantile with P(l ≤ B ≤ u-1), B binomial(n, q). No
 * bootstrap: for a p99 it covers 87 % where it says 95. A sample too small to bound the quantile
 * from above (q^n > 2.5 %) gives no quantile at all, rather than its maximum in disguise.
 */

/** The share of one tail beyond which a sample says nothing of a quantile: that of 95 %. */
const TAIL = 0.025;
const NEGLIGIBLE = 1e-20;

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

/** Binomial(n, q) weights around the mode, outward until they vanish: no factorial, no logarithm. */
function binomialWeights(q: number, n: number) {
  const mode = Math.min(n, Math.floor((n + 1) * q));
  const odds = q / (1 - q);
  const up: number[] = [];
  for (let k = mode, weight = 1; k < n && weight > NEGLIGIBLE; k += 1) {
    weight *= ((n - k) / (k + 1)) * odds;
    up.push(weight);
  }
  const down: number[] = [];
  for (let k = mode, weight = 1; k > 0 && weight > NEGLIGIBLE; k -= 1) {
    weight *= k / ((n - k + 1) * odds);
    down.push(weight);
  }
  const weights = [...down.toReversed(), 1, ...up];
  return {
    first: mode - down.length,
    weights,
    total: weights.reduce((sum, weight) => sum + weight, 0),
  };
}
