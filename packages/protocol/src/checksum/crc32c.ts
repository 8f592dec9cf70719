/**
 * CRC-32C (Castagnoli; iSCSI, SCTP, ext4), the default checksum of a frame.
 *
 *   width 32 · polynomial 1EDC6F41 · initial FFFFFFFF · reflected in and out · final xor FFFFFFFF
 *   check value of "123456789": E3069283
 *
 * Finds every error of up to 5 flipped bits in 655 bytes, every odd number of flipped bits, every
 * burst of up to 32 bits. No native accelerator: neither Node nor Deno offers this polynomial.
 */
import type { Checksum } from "./checksum.ts";
import { HEADER_COVERED_BYTES, readUint32, writeUint32 } from "./checksum.ts";
import { crcRun, crcTables } from "./slice.ts";

const TABLES: Int32Array = /* @__PURE__ */ crcTables(0x82f63b78);

/**
 * CRC-32C of `bytes[start, end)`.
 *
 * @param seed the result over the bytes before, to go on from it: the CRC of two parts is
 *   `crc32c(b, 0, b.length, crc32c(a))`. @default 0
 * @returns an unsigned 32-bit integer.
 */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length, seed = 0): number {
  return ~crcRun(TABLES, bytes, start, end, ~seed) >>> 0;
}

/** CRC-32C as a trailer: it goes on from the header's CRC, so the header is run over only once. */
export const crc32cChecksum: Checksum = {
  name: "crc32c",
  code: 2,
  bytes: 4,
  keyed: false,
  compute(bytes) {
    const out = new Uint8Array(4);
    writeUint32(out, 0, crc32c(bytes));
    return out;
  },
  seal(buffer, start, end) {
    writeUint32(buffer, end, trailer(buffer, start, end));
  },
  verify(buffer, start, end) {
    return readUint32(buffer, end) === trailer(buffer, start, end);
  },
};

function trailer(buffer: Uint8Array, start: number, end: number): number {
  const headerCrcAt = start + HEADER_COVERED_BYTES;
  return crc32c(buffer, headerCrcAt + 4, end, readUint32(buffer, headerCrcAt));
}
