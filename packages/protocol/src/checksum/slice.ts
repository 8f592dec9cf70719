/**
 * The engine of both CRCs: slice-by-8 over reflected polynomials (Kounavis and Berry, 2005).
 *
 * Eight bytes a round through eight tables, then four, then one: a header of 36 bytes has such a
 * rest. Plain JavaScript is the reference here, not a
 * fallback: at the size of a message a call into native code costs more than the algorithm.
 */

/** Eight tables of 256 entries, one after the other, for a reflected 32-bit polynomial. */
export function crcTables(polynomialReflected: number): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) {
      value = (value & 1) === 1 ? (value >>> 1) ^ polynomialReflected : value >>> 1;
    }
    tables[index] = value;
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256]!;
    tables[at] = (shorter >>> 8) ^ tables[shorter & 0xff]!;
  }
  return tables;
}

/**
 * Runs the register `crc` (neither inverted on the way in nor out) over `bytes[start, end)`.
 *
 * @returns the register as a signed 32-bit integer.
 */
export function crcRun(
  tables: Int32Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  crc: number,
): number {
  let at = start;
  for (const stop = end - 7; at < stop; at += 8) {
    crc =
      tables[1792 + ((crc ^ bytes[at]!) & 0xff)]! ^
      tables[1536 + (((crc >>> 8) ^ bytes[at + 1]!) & 0xff)]! ^
      tables[1280 + (((crc >>> 16) ^ bytes[at + 2]!) & 0xff)]! ^
      tables[1024 + ((crc >>> 24) ^ bytes[at + 3]!)]! ^
      tables[768 + bytes[at + 4]!]! ^
      tables[512 + bytes[at + 5]!]! ^
      tables[256 + bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!;
  }
  if (end - at > 3) {
    crc =
      tables[768 + ((crc ^ bytes[at]!) & 0xff)]! ^
      tables[512 + (((crc >>> 8) ^ bytes[at + 1]!) & 0xff)]! ^
      tables[256 + (((crc >>> 16) ^ bytes[at + 2]!) & 0xff)]! ^
      tables[(crc >>> 24) ^ bytes[at + 3]!]!;
    at += 4;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!;
  return crc;
}
