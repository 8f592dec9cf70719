/**
 * CRC-32 (IEEE 802.3; zlib, Ethernet, PNG).
 *
 *   width 32 · polynomial 04C11DB7 · initial FFFFFFFF · reflected in and out · final xor FFFFFFFF
 *   check value of "123456789": CBF43926
 *
 * A shell may inject the runtime's native one for long inputs. It is believed only after a
 * self-test, since more than one runtime has shipped a wrong one (negative results; wrong again
 * once the caller was optimised), and dropped for good at the first result that is no uint32.
 */
import type { Checksum } from "./checksum.ts";
import { HEADER_COVERED_BYTES, readUint32, writeUint32 } from "./checksum.ts";
import { crcRun, crcTables } from "./slice.ts";

const TABLES: Int32Array = /* @__PURE__ */ crcTables(0xedb88320);

/** A native CRC-32 with the signature of `node:zlib`'s `crc32`. */
export type NativeCrc32 = (bytes: Uint8Array, seed?: number) => number;

/** Below this the call into native code costs more than the tables do. */
const NATIVE_BYTES_MIN = 256;

let native: NativeCrc32 | undefined;

/**
 * CRC-32 of `bytes[start, end)`.
 *
 * @param seed the result over the bytes before, to go on from it. @default 0
 * @returns an unsigned 32-bit integer.
 */
export function crc32(bytes: Uint8Array, start = 0, end: number = bytes.length, seed = 0): number {
  if (native !== undefined && end - start >= NATIVE_BYTES_MIN) {
    const result = native(bytes.subarray(start, end), seed);
    if (isUint32(result)) return result;
    native = undefined;
  }
  return portable(bytes, start, end, seed);
}

/**
 * Takes a native CRC-32 into use for long inputs, if it passes a self-test against the tables.
 *
 * @param fn the candidate, `crc32` of `node:zlib` for instance; `undefined` goes back to the tables.
 * @returns `ok: false` with the reason, where the candidate was refused; the tables stay in use.
 */
export function useNativeCrc32(
  fn: NativeCrc32 | undefined,
): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
  native = undefined;
  if (fn === undefined) return { ok: true };
  const reason = selfTest(fn);
  if (reason !== undefined) return { ok: false, reason };
  native = fn;
  return { ok: true };
}

/** Enough calls for an engine to optimise the caller, which is where one runtime went wrong. */
const SELF_TEST_CALLS = 20_000;

function selfTest(fn: NativeCrc32): string | undefined {
  try {
    const check = fn(Uint8Array.from("123456789", (digit) => digit.charCodeAt(0)));
    if (check !== 0xcbf43926) return `check value must be ${0xcbf43926}: got ${check}`;
    const input = new Uint8Array(512);
    for (let index = 0; index < input.length; index++) input[index] = (index * 167 + 13) >>> 1;
    let expected = 0;
    for (let call = 0; call < SELF_TEST_CALLS; call++) {
      const piece = input.subarray(0, 1 + ((call * 37) & 0x1ff));
      const result = fn(piece, expected);
      if (!isUint32(result)) return `call ${call} gave no unsigned 32-bit integer: ${result}`;
      expected = portable(piece, 0, piece.length, expected);
      if (result !== expected) return `call ${call} must be ${expected}: got ${result}`;
    }
    return undefined;
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

function portable(bytes: Uint8Array, start: number, end: number, seed: number): number {
  return ~crcRun(TABLES, bytes, start, end, ~seed) >>> 0;
}

function isUint32(value: number): boolean {
  return value >>> 0 === value;
}

/** CRC-32 as a trailer. */
export const crc32Checksum: Checksum = {
  name: "crc32",
  code: 1,
  bytes: 4,
  keyed: false,
  compute(bytes) {
    const out = new Uint8Array(4);
    writeUint32(out, 0, crc32(bytes));
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
  const headerEnd = start + HEADER_COVERED_BYTES;
  return crc32(buffer, headerEnd + 4, end, crc32(buffer, start, headerEnd));
}
