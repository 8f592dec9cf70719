/**
 * The text form `body|checksum`: its bytes, its limits, and the checksum of a body.
 *
 * The checksum is the first 8 hex digits of SHA-1 over the body, in lower case: `Hey` travels as
 * `Hey|e4599fa9`. A body is bytes, meant as UTF-8 and never decoded here, so damaged text is just
 * another body. Shared by the stream and the datagram side; decoder.ts says how messages are told
 * apart.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { ProtocolError } from "../error.ts";

/** `|` and 8 hex digits. */
export const PIPE_SUFFIX_BYTES = 9;
/** The byte `|`. */
export const BAR = 0x7c;

/** Limits of the pipe codec. */
export interface PipeLimits {
  /**
   * Largest message with its checksum, in bytes.
   *
   * @default 65_536: above any datagram, small enough to be hashed again and again.
   */
  readonly pipeBytesMax: number;
}

/** The default limits. */
export const PIPE_LIMITS_DEFAULT: PipeLimits = { pipeBytesMax: 65_536 };

/**
 * How long a shell waits, in milliseconds, for more bytes before it calls `settle`: many times
 * what the pieces of one write are apart, a fraction of what a person notices.
 */
export const PIPE_SETTLE_MS = 20;

/** One thing read in the pipe codec. */
export type PipeItem =
  | { readonly kind: "message"; readonly body: Uint8Array }
  /** The text `error_code`: a lost reply. */
  | { readonly kind: "error" }
  /** Bytes that no checksum accounts for. */
  | { readonly kind: "corrupt"; readonly bytes: Uint8Array };

/** The reply that stands for a lost one: the text `error_code`. */
export function encodePipeError(): Uint8Array {
  return ERROR_TEXT.slice();
}

/** The bytes of `error_code`. */
export const ERROR_TEXT: Uint8Array = Uint8Array.from("error_code", (c) => c.charCodeAt(0));

/**
 * `body` with `|` and its checksum after it.
 *
 * @throws {ProtocolError} `payload-too-large` where the result passes `pipeBytesMax`.
 */
export function encodePipe(body: Uint8Array, limits?: Partial<PipeLimits>): Uint8Array {
  const { pipeBytesMax } = pipeLimits(limits);
  const bytes = body.length + PIPE_SUFFIX_BYTES;
  if (bytes > pipeBytesMax) {
    throw new ProtocolError(
      "payload-too-large",
      "local",
      `Cannot encode the message as its body must be at most ${pipeBytesMax - PIPE_SUFFIX_BYTES} bytes: got ${body.length}`,
    );
  }
  const text = new Uint8Array(bytes);
  text.set(body);
  text[body.length] = BAR;
  const digest = sha1(body);
  for (let index = 0; index < 4; index++) {
    const at = body.length + 1 + 2 * index;
    text[at] = hexDigit(digest[index]! >>> 4);
    text[at + 1] = hexDigit(digest[index]! & 0xf);
  }
  return text;
}

/** Limits with every default filled in. */
export function pipeLimits(limits: Partial<PipeLimits> | undefined): PipeLimits {
  const pipeBytesMax = limits?.pipeBytesMax ?? PIPE_LIMITS_DEFAULT.pipeBytesMax;
  if (!Number.isSafeInteger(pipeBytesMax) || pipeBytesMax < PIPE_SUFFIX_BYTES) {
    throw new RangeError(
      `Cannot use the pipe codec as "pipeBytesMax" must be an integer of at least ${PIPE_SUFFIX_BYTES}: got ${pipeBytesMax}`,
    );
  }
  return { pipeBytesMax };
}

/** The value of 8 lower-case hex digits at `at`, or -1 where they are not. */
export function readHex(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = at; index < at + 8; index++) {
    const digit = hexValue(bytes[index]!);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** Whether the first 4 bytes of a digest are the number a checksum says. */
export function digestFits(digest: Uint8Array, checksum: number): boolean {
  const [a, b, c, d] = digest;
  return ((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0 === checksum;
}

/** CR or LF. */
export function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d;
}

/** Whether `error_code` stands at `at`, before `end`. */
export function isErrorAt(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < ERROR_TEXT.length) return false;
  return ERROR_TEXT.every((byte, index) => bytes[at + index] === byte);
}

function hexDigit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}
