/**
 * Fractions of whole numbers: arithmetic that rounds nothing, for laws that are to be exact.
 *
 * As much of it as a law needs. Nothing is reduced but when it is made, so figures stay small enough.
 */

/** A number as numerator and denominator, the latter above 0. */
export interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}

/** The fraction of two whole numbers. */
export function fraction(top: number | bigint, bottom: number | bigint = 1): Fraction {
  return reduced(BigInt(top), BigInt(bottom));
}

/** Their sum. */
export function plus(...terms: readonly Fraction[]): Fraction {
  return terms.reduce((a, b) => reduced(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom));
}

/** The first without the second. */
export function minus(a: Fraction, b: Fraction): Fraction {
  return reduced(a.top * b.bottom - b.top * a.bottom, a.bottom * b.bottom);
}

/** Their product. */
export function times(...factors: readonly Fraction[]): Fraction {
  return factors.reduce((a, b) => reduced(a.top * b.top, a.bottom * b.bottom));
}

/** As a floating-point number, right to the last digit but a few. */
export function numberOf({ top, bottom }: Fraction): number {
  const scale = 10n ** 18n;
  return Number((top * scale) / bottom) / 1e18;
}

function reduced(top: bigint, bottom: bigint): Fraction {
  let [a, b] = [top < 0n ? -top : top, bottom];
  while (b > 0n) [a, b] = [b, a % b];
  return a === 0n ? { top: 0n, bottom: 1n } : { top: top / a, bottom: bottom / a };
}
