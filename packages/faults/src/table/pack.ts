/**
 * How a distribution table stands in a source file: three digits of base 64 a value.
 *
 * 4096 values in 18 bits each, offset by half the range, so a table is one short text and needs
 * no decoder of the platform's. A value is a deviation times TABLE_SCALE.
 */

/** The table is looked up by the upper 12 bits of a draw. */
export const TABLE_BITS = 12;
/** Values of a table. */
export const TABLE_SIZE: number = 1 << TABLE_BITS;
/** What stands for one standard deviation. */
export const TABLE_SCALE = 4096;

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const DIGITS_A_VALUE = 3;
const DIGITS_A_LINE = 96;
const OFFSET = 1 << 17;

/** The text of a table, in lines. Values lie within ±131_071, which is 32 deviations. */
export function packTable(values: readonly number[]): string {
  let text = "";
  for (const value of values) {
    const raw = value + OFFSET;
    text += DIGITS.charAt(raw >>> 12) + DIGITS.charAt((raw >>> 6) & 63) + DIGITS.charAt(raw & 63);
  }
  return text.replaceAll(new RegExp(`(.{${DIGITS_A_LINE}})(?=.)`, "g"), "$1\n");
}

/** The values of a table; line breaks are passed over. */
export function unpackTable(text: string): Int32Array {
  const digits = text.replaceAll("\n", "");
  const values = new Int32Array(digits.length / DIGITS_A_VALUE);
  for (let index = 0; index < values.length; index += 1) {
    let raw = 0;
    for (let digit = 0; digit < DIGITS_A_VALUE; digit += 1) {
      raw = raw * 64 + DIGITS.indexOf(digits.charAt(index * DIGITS_A_VALUE + digit));
    }
    values[index] = raw - OFFSET;
  }
  return values;
}
