/**
 * How large a sample would have decided what this one could not.
 *
 * Advice, not proof: it supposes that more of the same looks the same. So it is refined to about 1 %
 * and no further.
 */

/** A size beyond this is no advice. */
export const SAMPLE_MAX = 1e9;
const REFINED_TO = 100;

/**
 * The smallest size, from `n` up, for which `decided` holds; null where none up to a thousand
 * million does.
 */
export function smallestDeciding(n: number, decided: (size: number) => boolean): number | null {
  if (n === 0) return null;
  if (decided(n)) return n;
  let high = 2 * n;
  while (high <= SAMPLE_MAX && !decided(high)) high *= 2;
  if (high > SAMPLE_MAX) return null;
  let low = high / 2;
  while (high - low > Math.max(1, high / REFINED_TO)) {
    const middle = Math.round((low + high) / 2);
    if (decided(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high);
}
