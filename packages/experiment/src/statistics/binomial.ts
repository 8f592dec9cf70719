/**
 * The binomial distribution, as the weights that matter and nothing else.
 *
 * Outward from the mode until a weight vanishes: no factorial, no logarithm, and a million trials
 * take a few thousand steps. Only + - * /, since results built on it are hashed.
 */

/** A weight this much smaller than that of the mode is left out. */
const NEGLIGIBLE = 1e-20;

/** Weights of first, first + 1, …; divided by `total` they are probabilities. */
export interface BinomialWeights {
  readonly first: number;
  readonly weights: readonly number[];
  readonly total: number;
}

/** The weights of a binomial(n, q), 0 < q < 1. */
export function binomialWeights(q: number, n: number): BinomialWeights {
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
