/**
 * What a capture shows, as it stands in the result: can a message be read on the wire?
 *
 * Two kinds of evidence. A run of a message's own bytes that stands in the packets says yes, and
 * where. Entropy says how even the bytes are: text and headers lie far below 8 bits a byte, encrypted
 * bytes close to it. `readable` follows from the first alone: even bytes prove nothing.
 */
import type { CaptureSummary } from "@faultline/capture";
import type { WireResult } from "../result/types.ts";

/** A run of so many bytes of a message is no accident, and can be read. */
export const READABLE_RUN_BYTES = 8;
/** Shorter messages are not looked for: any traffic has their bytes by chance. */
const SOUGHT_BYTES_MIN = 4;

/** What was looked for, and the name of the file. */
export interface Sought {
  readonly bodies: readonly Uint8Array[];
  /** SHA-256 of the file, 64 hex digits. */
  readonly hash: string;
}

/** The capture of a run in numbers. */
export function wireResult(summary: CaptureSummary, { bodies, hash }: Sought): WireResult {
  const { packets, bytes, keyLogLines, truncated, carriedBytes, run, entropyBits } = summary;
  const isSought = bodies.some((body) => body.length >= SOUGHT_BYTES_MIN);
  const isWhole = run !== undefined && run.bytes === run.bodyBytes;
  const isReadable = isWhole || (run?.bytes ?? 0) >= READABLE_RUN_BYTES;
  return {
    packets,
    captureBytes: bytes,
    truncated,
    payloadBytes: carriedBytes,
    entropyBitsPerByte: entropyBits,
    readable: isSought ? isReadable : null,
    longestRunBytes: isSought ? (run?.bytes ?? 0) : null,
    packet: isReadable ? (run?.packet ?? null) : null,
    offsetBytes: isReadable && run !== undefined && run.offset >= 0 ? run.offset : null,
    keyLogLines,
    captureHash: `sha256:${hash}`,
  };
}
