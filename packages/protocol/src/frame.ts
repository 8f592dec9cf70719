/**
 * The binary frame: its wire table, its constants and the shape it has in memory.
 *
 * All integers are big-endian. The header is trusted only after its own CRC-32C has been
 * verified, so a damaged length is never believed. The trailer covers header and payload
 * with the checksum that the header names (but not the header's CRC: see checksum/checksum.ts).
 *
 *   offset  size  field
 *        0     2  magic 0xFA 0x17
 *        2     1  version, 1
 *        3     1  type (see FrameType)
 *        4     1  checksum kind of the trailer (see ChecksumName)
 *        5     1  flags (see FrameFlag); unknown bits are refused
 *        6     2  status: the reason of an error reply (see StatusCode); of data, reply, hello and
 *                 pong the tag of the server's life (see life.ts), 0 = not said; else 0
 *        8     4  payload length in bytes, checked against the limit before anything is kept
 *       12     8  session id: 64 bits chosen by the client, the same across its reconnects
 *       20     8  operation id: stable over attempts; 0 … 2^53-1
 *       28     4  attempt, counted from 1; a reply echoes it. 0 where it has no meaning
 *       32     4  data: ms that are left to the caller, error: ms to wait before a retry; 0 = not
 *                 said. In an error, FF FF FF FF asks not to retry at all (RETRY_AFTER_STOP).
 *                 hello and pong of a server: the age of its life in ms
 *       36     4  CRC-32C of bytes 0 … 35
 *       40     n  payload; an error reply has none, or says whose it is (see life.ts)
 *     40+n     c  checksum over bytes 0 … 35 and 40 … 40+n-1, of the kind's size (0, 4 or 16)
 */
import type { FrameKeys } from "./checksum/checksum.ts";

/** The first two bytes of every frame: neither text nor the start of another common protocol. */
export const FRAME_MAGIC = 0xfa17;
/** The version of the wire table above. */
export const FRAME_VERSION = 1;
/** Size of the header with its CRC, in bytes. */
export const FRAME_HEADER_BYTES = 40;

/** The `remainingMs` of an error reply that asks not to repeat the operation at all. */
export const RETRY_AFTER_STOP = 0xffff_ffff;

/** What a frame is for. */
export const FrameType = {
  hello: 1,
  data: 2,
  reply: 3,
  error: 4,
  ping: 5,
  pong: 6,
  goodbye: 7,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** Flag bits. `replayed`: the reply comes from the reply cache, nothing was executed for it. */
export const FrameFlag = { replayed: 0x01 } as const;

/** The reason of an error reply, as `status` on the wire and as a word everywhere else. */
export const StatusCode = {
  ok: 0,
  /** A fault swallowed the message and says so (the original's `error_code`). */
  lost: 1,
  /** The request's checksum did not match; it was not executed. */
  corrupt: 2,
  tooLarge: 3,
  overloaded: 4,
  /** Below the sequence floor, or of another life: whether it was executed once is not known. */
  tooOld: 5,
  /** The operation id was used before with another body. */
  operationReused: 6,
  unsupported: 7,
  shuttingDown: 8,
  /** The server asks for a key, and the message was not signed with one of its own. */
  unauthenticated: 9,
} as const;
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];

/** 64 bits as two unsigned halves, since a JavaScript number holds only 53. */
export interface SessionId {
  readonly high: number;
  readonly low: number;
}

/** One frame in memory. */
export interface Frame {
  readonly type: FrameType;
  readonly checksum: ChecksumName;
  readonly flags: number;
  /** The reason of an error reply, else 0. */
  readonly status: number;
  /**
   * Of data, reply, hello, pong: the tag of the server's life (life.ts). In the place of `status` on
   * the wire. @default undefined: not said
   */
  readonly life?: number | undefined;
  readonly session: SessionId;
  readonly operation: number;
  readonly attempt: number;
  /**
   * Of a request: how long the caller still waits. Of an error reply: how long to wait before the
   * next attempt, or `RETRY_AFTER_STOP`. Of a server's hello and pong: the age of its life. 0: not
   * said. Whole milliseconds.
   */
  readonly remainingMs: number;
  /** From a decoder: a view into its buffer, valid until its next call. */
  readonly payload: Uint8Array;
}

/** What a header says of its frame: all of it but the payload, whose size it gives. */
export interface FrameHeader extends Omit<Frame, "payload"> {
  readonly payloadBytes: number;
}

/** The checksum catalogue, by the word used in specs. */
export type ChecksumName =
  | "none"
  | "crc32"
  | "crc32c"
  | "sha1-32"
  | "sha256-128"
  /** Not a checksum but a proof of origin: both ends need a key (see seal/frame-keys.ts). */
  | "hmac-sha256-128";

/** Limits a decoder enforces before it keeps a byte of payload. */
export interface FrameLimits {
  /** Largest payload accepted. @default 1_048_576: large enough for experiments, small enough that a peer cannot make us hold much. */
  readonly payloadBytesMax: number;
  /** The only kind accepted; another is refused as `wrong-checksum`. @default undefined: any */
  readonly checksum?: ChecksumName | undefined;
  /** What frames of the kind `hmac-sha256-128` are checked with. @default undefined: those are refused as `no-key` */
  readonly keys?: FrameKeys | undefined;
}

/** The limits where none are given. */
export const FRAME_LIMITS_DEFAULT: FrameLimits = { payloadBytesMax: 1_048_576 };

/** A session id as 16 hex digits, high half first. `sessionFromHex` is the way back. */
export function sessionToHex(session: SessionId): string {
  return hex32(session.high) + hex32(session.low);
}

/**
 * The session id that 16 hex digits stand for, high half first; undefined where they do not.
 * The way back from `sessionToHex`.
 */
export function sessionFromHex(hex: string): SessionId | undefined {
  if (!/^[0-9a-fA-F]{16}$/.test(hex)) return undefined;
  return { high: Number.parseInt(hex.slice(0, 8), 16), low: Number.parseInt(hex.slice(8), 16) };
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
