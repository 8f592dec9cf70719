/**
 * Why bytes were not accepted as a frame: a value, never an exception.
 *
 * On a stream every refusal but `payload-damaged` is fatal: without a header that can be believed
 * (or with one that this end will not follow) nobody knows where the next frame begins. Scanning
 * for the next magic was the road not taken: a payload may contain it.
 */
import type { FrameHeader } from "./frame.ts";

/** The reason, one word each. */
export type RefusalCode =
  /** The first two bytes are not the magic. */
  | "bad-magic"
  /** A version this end does not speak. */
  | "bad-version"
  /** The header does not fit its own CRC-32C; nothing in it was believed. */
  | "header-damaged"
  | "bad-type"
  | "bad-checksum-kind"
  /** A flag bit that has no meaning. */
  | "bad-flags"
  /** An unknown reason, an error reply without one, or a reason on another type. */
  | "bad-status"
  /** An operation id above 2^53-1. */
  | "bad-operation"
  | "payload-too-large"
  /** A sound frame of another checksum kind than this end was told to expect. */
  | "wrong-checksum"
  /** A signed frame, and no key here to check it with. */
  | "no-key"
  /** The trailer does not fit header and payload. The header was trusted. */
  | "payload-damaged"
  /** The bytes end before the frame does. */
  | "truncated"
  /** A datagram goes on after its frame. */
  | "trailing-bytes";

/** Bytes that are no acceptable frame. */
export interface Refusal {
  readonly refused: RefusalCode;
  /** On a stream: the decoder is finished, the connection should be too. */
  readonly fatal: boolean;
  /** For people. Match on `refused`. */
  readonly message: string;
  /** Present where the header could be believed: whose frame this was. */
  readonly header: FrameHeader | undefined;
}

/** Tells a refusal from a frame. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "refused" in value;
}

/** Builds a refusal; only `payload-damaged` leaves a stream usable. */
export function refuse(refused: RefusalCode, message: string, header?: FrameHeader): Refusal {
  return { refused, fatal: refused !== "payload-damaged", message, header };
}
