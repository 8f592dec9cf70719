/**
 * Shannon's entropy of bytes, in bits a byte, the same to the last digit on every engine.
 *
 * Engines round Math.log2 differently. Here a logarithm is taken by squaring: multiplication and
 * comparison of doubles are exact everywhere (IEEE 754), and 40 digits after the point are ample.
 */

const FRACTION_BITS = 40;
const DIGITS = 10_000;

/** Counts bytes. */
export class ByteCounts {
  readonly #counts = new Float64Array(256);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(bytes: Uint8Array): void {
    const counts = this.#counts;
    for (let at = 0; at < bytes.length; at++) counts[bytes[at]!]!++;
    this.#total += bytes.length;
  }

  /** Bits a byte, 0 … 8, to four digits; null without a byte. */
  entropyBits(): number | null {
    const total = this.#total;
    if (total === 0) return null;
    let bits = 0;
    for (const count of this.#counts) {
      if (count > 0) bits += (count / total) * (log2(total) - log2(count));
    }
    return Math.round(bits * DIGITS) / DIGITS;
  }
}

/** The logarithm to the base 2 of a number of at least 1. */
export function log2(value: number): number {
  let mantissa = value;
  let result = 0;
  for (; mantissa >= 2; mantissa /= 2) result += 1;
  for (let bit = 1, weight = 0.5; bit <= FRACTION_BITS; bit++, weight /= 2) {
    mantissa *= mantissa;
    if (mantissa < 2) continue;
    mantissa /= 2;
    result += weight;
  }
  return result;
}
