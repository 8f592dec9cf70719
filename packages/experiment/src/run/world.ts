/**
 * The composition root of a real run: the one place of this package where time and chance come in.
 */

const HIGH_BITS = 0x1f_ffff;

/** A seed for a spec that has none: 53 random bits. */
export function drawSeed(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high & HIGH_BITS) * 2 ** 32 + low;
}
