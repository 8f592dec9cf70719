/**
 * Serial numbers of certificates: the one place of this package where chance is drawn by hand.
 *
 * 128 bits of chance, above the 64 that the CA/Browser Forum asks for (baseline requirements
 * 7.1.3), with the first bit clear, so that the number is positive and needs no byte more.
 */

const SERIAL_BYTES = 16;

/** A new serial number in hex. */
export function newSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SERIAL_BYTES));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
