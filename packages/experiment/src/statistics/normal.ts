/**
 * The normal distribution with nothing but + - * / and sqrt.
 *
 * `Math.exp` and `Math.log` may differ in the last bit between engines, and these numbers stand
 * in hashed results. Slow and exact is right here: a handful of calls for each result.
 */

const SERIES_TERMS_MAX = 400;
const HALVINGS = 10;
const EXP_TERMS = 20;
const BISECTIONS = 80;
const Z_MAX = 8;
/** 1 / sqrt(2 pi). */
const DENSITY_AT_ZERO = 0.398_942_280_401_432_7;

/** e^-x for 0 ≤ x: the Taylor series of a small argument, squared back up. */
function expNegative(x: number): number {
  const small = x / 2 ** HALVINGS;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= EXP_TERMS; n += 1) {
    term *= -small / n;
    sum += term;
  }
  for (let n = 0; n < HALVINGS; n += 1) sum *= sum;
  return sum;
}

/** P(Z ≤ z) for a standard normal Z (Marsaglia 2004: series x + x³/3 + x⁵/15 + …). */
export function normalCdf(z: number): number {
  if (z > Z_MAX) return 1;
  if (z < -Z_MAX) return 0;
  let term = z;
  let sum = z;
  for (let n = 1; n < SERIES_TERMS_MAX && Math.abs(term) > Math.abs(sum) * 1e-17; n += 1) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + sum * DENSITY_AT_ZERO * expNegative((z * z) / 2);
}

/**
 * The two-sided z of a confidence: 0.95 gives 1.959964.
 *
 * @throws RangeError where confidence is not between 0 and 1.
 */
export function zOf(confidence: number): number {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(
      `Cannot find z as "confidence" must be between 0 and 1: got ${confidence}`,
    );
  }
  const target = 1 - (1 - confidence) / 2;
  let low = 0;
  let high = Z_MAX;
  for (let n = 0; n < BISECTIONS; n += 1) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
