/**
 * The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit words.
 */

/** Adds bytes to a sum, as big-endian words; an odd last byte counts as the high one. */
export function addWords(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let total = sum;
  let at = start;
  for (; at + 1 < end; at += 2) {
    total += (bytes[at]! << 8) | bytes[at + 1]!;
    // Far below 2^53: folding once in a while is enough.
    if (total > 0x7fff_ffff) total = fold(total);
  }
  return at < end ? total + (bytes[at]! << 8) : total;
}

/** The checksum of a sum, 0 … 65 535. */
export function internetChecksum(sum: number): number {
  return ~fold(sum) & 0xffff;
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}
