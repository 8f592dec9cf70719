/**
 * Quantiles of Student's t, with nothing but + - * / and sqrt.
 *
 * For whole degrees of freedom the distribution is a finite sum (Abramowitz and Stegun 26.7.3 and
 * 26.7.4), for odd ones with an arctangent in front, which is a short series here: `Math.atan`
 * may differ in its last bit between engines. Many degrees are a normal with three terms of
 * Cornish and Fisher's expansion (26.7.5), exact to nine digits by then. Slow and exact, as normal.ts.
 */
import { zOf } from "./normal.ts";

/** From here on the expansion is exact enough, and the sum long. */
const DEGREES_SUMMED_MAX = 400;
const BISECTIONS = 100;
const T_MAX = 1e6;
const PI = 3.141_592_653_589_793;
const HALVINGS = 3;
const ARCTANGENT_TERMS = 20;

/**
 * The two-sided t of a confidence: 0.95 with 19 degrees of freedom gives 2.093024.
 *
 * @param degrees of freedom, a whole number from 1.
 * @throws RangeError where confidence is not between 0 and 1, or degrees not such a number.
 */
export function studentT(confidence: number, degrees: number): number {
  if (!(Number.isSafeInteger(degrees) && degrees >= 1)) {
    throw new RangeError(
      `Cannot find t as "degrees" must be a whole number of at least 1: got ${degrees}`,
    );
  }
  const z = zOf(confidence);
  if (degrees > DEGREES_SUMMED_MAX) return expanded(z, degrees);
  let low = z;
  let high = T_MAX;
  for (let n = 0; n < BISECTIONS; n += 1) {
    const middle = (low + high) / 2;
    if (within(middle, degrees) < confidence) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(-t ≤ T ≤ t). */
function within(t: number, degrees: number): number {
  const square = degrees / (degrees + t * t);
  const sine = t / Math.sqrt(degrees + t * t);
  if (degrees % 2 === 0) return sine * series(square, degrees, 1);
  const angle = arctangent(t / Math.sqrt(degrees));
  const rest = degrees === 1 ? 0 : sine * Math.sqrt(square) * series(square, degrees, 2);
  return ((angle + rest) * 2) / PI;
}

/** 1 + first/(first + 1) c² + … up to the power degrees - 2 of c (cosine), given its square. */
function series(square: number, degrees: number, first: number): number {
  let term = 1;
  let sum = 1;
  for (let n = first; n < degrees - 2; n += 2) {
    term *= (n / (n + 1)) * square;
    sum += term;
  }
  return sum;
}

/** The arctangent of x ≥ 0: halved until the series is short. */
function arctangent(x: number): number {
  if (x > 1) return PI / 2 - arctangent(1 / x);
  let small = x;
  for (let n = 0; n < HALVINGS; n += 1) small /= 1 + Math.sqrt(1 + small * small);
  let power = small;
  let sum = 0;
  for (let n = 0; n < ARCTANGENT_TERMS; n += 1) {
    sum += (n % 2 === 0 ? power : -power) / (2 * n + 1);
    power *= small * small;
  }
  return sum * 2 ** HALVINGS;
}

/** Cornish and Fisher's expansion around the normal quantile. */
function expanded(z: number, degrees: number): number {
  const z3 = z * z * z;
  const z5 = z3 * z * z;
  const z7 = z5 * z * z;
  return (
    z +
    (z3 + z) / (4 * degrees) +
    (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees * degrees) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees * degrees * degrees)
  );
}
