/**
 * What every checksum of the catalogue can do, and where a frame keeps what it covers.
 *
 * One file per checksum beside this one. They work on a frame in place (no copy, no view in the
 * common case), since they run once per frame in each direction. None but the keyed one is a proof
 * of origin: anyone can recompute them. They find damage, not forgery.
 *
 * The trailer covers bytes 0 … 35 and the payload, but not the header's own CRC between them: a
 * CRC-32C that runs over its own value forgets what came before it (measured: of 2^32 states
 * only 2^16 were left), and a payload could then be spliced onto another header unnoticed.
 */
import type { ChecksumName } from "../frame.ts";

/** What a keyed checksum signs and checks with: one end's keys. */
export interface FrameKeys {
  /** Writes the signature at `end` of the frame in `buffer[start, end)`. */
  sign(buffer: Uint8Array, start: number, end: number): void;
  /** Whether the signature at `end` is the other end's, over the frame in `buffer[start, end)`. */
  verify(buffer: Uint8Array, start: number, end: number): boolean;
}

/** One entry of the catalogue. */
export interface Checksum {
  readonly name: ChecksumName;
  /** The byte that names it in a frame header. */
  readonly code: number;
  /** Size of the trailer in bytes. */
  readonly bytes: 0 | 4 | 16;
  /** Whether it takes a key, so that nobody else can make it. */
  readonly keyed: boolean;
  /**
   * The checksum of plain bytes, as it would stand on the wire (big-endian for a CRC).
   *
   * @throws {ProtocolError} `no-key` where it is keyed.
   */
  compute(bytes: Uint8Array): Uint8Array;
  /**
   * Writes the trailer at `end` of the frame that stands in `buffer[start, end)`. The header CRC
   * must have been written.
   *
   * @throws {ProtocolError} `no-key` where it is keyed and there are no keys.
   */
  seal(buffer: Uint8Array, start: number, end: number, keys?: FrameKeys): void;
  /** Whether the trailer at `end` fits the frame in `buffer[start, end)`, whose header is trusted. */
  verify(buffer: Uint8Array, start: number, end: number, keys?: FrameKeys): boolean;
}

/** Length of what the header CRC covers; the payload starts 4 bytes later. */
export const HEADER_COVERED_BYTES = 36;

/** Writes an unsigned 32-bit integer, big-endian. */
export function writeUint32(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
}

/** Reads an unsigned 32-bit integer, big-endian. */
export function readUint32(buffer: Uint8Array, at: number): number {
  return (
    ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0
  );
}
