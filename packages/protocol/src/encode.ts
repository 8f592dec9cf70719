/**
 * Frame to bytes. Offsets are those of the wire table in frame.ts.
 *
 * What is written here can be read back: a frame that a decoder would refuse is a local mistake
 * and throws. `FrameWriter` (writer.ts) is the one to use for many frames at once.
 */
import { checksums } from "./checksum/catalogue.ts";
import type { FrameKeys } from "./checksum/checksum.ts";
import { HEADER_COVERED_BYTES, writeUint32 } from "./checksum/checksum.ts";
import { crc32c } from "./checksum/crc32c.ts";
import { ProtocolError } from "./error.ts";
import type { Frame } from "./frame.ts";
import {
  FRAME_HEADER_BYTES,
  FRAME_LIMITS_DEFAULT,
  FRAME_MAGIC,
  FRAME_VERSION,
  FrameType,
} from "./frame.ts";
import { FLAGS_KNOWN, statusFits, viewOf } from "./header.ts";
import { takeRoom } from "./pool.ts";

/** Payloads up to here are copied byte by byte: cheaper than `set` for a few bytes. */
const COPY_BYTES_MAX = 24;

/** Size of the frame on the wire, in bytes. */
export function frameBytes(frame: Frame): number {
  return FRAME_HEADER_BYTES + frame.payload.length + checksums[frame.checksum].bytes;
}

/**
 * One frame in one array of exactly its size: for datagrams and single sends.
 *
 * The array may share its `ArrayBuffer` with other frames: send it or copy it, but never transfer
 * that buffer to another thread.
 *
 * @param keys what a frame of the kind `hmac-sha256-128` is signed with.
 * @throws {ProtocolError} `payload-too-large`, `bad-type`, `bad-flags`, `bad-status`,
 *   `bad-life`, `bad-session`, `bad-operation`, `bad-attempt`, `bad-remaining`: no decoder would accept
 *   it; `no-key`: it is to be signed, and there are no keys.
 */
export function encodeFrame(frame: Frame, keys?: FrameKeys): Uint8Array {
  const bytes = frameBytes(frame);
  checkFrame(frame, keys);
  const { buffer, at } = takeRoom(bytes);
  putFrame(buffer, at, frame, keys);
  return viewOf(buffer, at, at + bytes);
}

/**
 * Writes the frame at `at`, where `frameBytes(frame)` bytes are free.
 *
 * @returns the offset after it.
 * @throws {ProtocolError} as `encodeFrame`; nothing has been written then.
 */
export function writeFrame(buffer: Uint8Array, at: number, frame: Frame, keys?: FrameKeys): number {
  checkFrame(frame, keys);
  return putFrame(buffer, at, frame, keys);
}

function putFrame(
  buffer: Uint8Array,
  at: number,
  frame: Frame,
  keys: FrameKeys | undefined,
): number {
  const checksum = checksums[frame.checksum];
  const { payload, session, operation } = frame;
  const operationHigh = Math.floor(operation / 0x1_0000_0000);
  buffer[at] = FRAME_MAGIC >>> 8;
  buffer[at + 1] = FRAME_MAGIC & 0xff;
  buffer[at + 2] = FRAME_VERSION;
  buffer[at + 3] = frame.type;
  buffer[at + 4] = checksum.code;
  buffer[at + 5] = frame.flags;
  const status = isWithLife(frame.type) ? (frame.life ?? frame.status) : frame.status;
  buffer[at + 6] = status >>> 8;
  buffer[at + 7] = status;
  writeUint32(buffer, at + 8, payload.length);
  writeUint32(buffer, at + 12, session.high);
  writeUint32(buffer, at + 16, session.low);
  writeUint32(buffer, at + 20, operationHigh);
  writeUint32(buffer, at + 24, operation >>> 0);
  writeUint32(buffer, at + 28, frame.attempt);
  writeUint32(buffer, at + 32, frame.remainingMs);
  const crcAt = at + HEADER_COVERED_BYTES;
  writeUint32(buffer, crcAt, crc32c(buffer, at, crcAt));
  const end = copy(payload, buffer, at + FRAME_HEADER_BYTES);
  checksum.seal(buffer, at, end, keys);
  return end + checksum.bytes;
}

function copy(source: Uint8Array, target: Uint8Array, at: number): number {
  const bytes = source.length;
  if (bytes > COPY_BYTES_MAX) target.set(source, at);
  else for (let index = 0; index < bytes; index++) target[at + index] = source[index]!;
  return at + bytes;
}

function checkFrame(frame: Frame, keys: FrameKeys | undefined): void {
  const { type, session, operation } = frame;
  const { payloadBytesMax } = FRAME_LIMITS_DEFAULT;
  if (frame.payload.length > payloadBytesMax) {
    throw local(
      "payload-too-large",
      `the payload must be at most ${payloadBytesMax} bytes: got ${frame.payload.length}`,
    );
  }
  if (type < FrameType.hello || type > FrameType.goodbye) {
    throw local("bad-type", `"type" must be one of FrameType: got ${String(type)}`);
  }
  if ((frame.flags & ~FLAGS_KNOWN) !== 0) {
    throw local("bad-flags", `"flags" must hold known bits only: got ${frame.flags}`);
  }
  const isError = type === FrameType.error;
  if (!statusFits(type, frame.status) || (!isError && frame.status !== 0)) {
    throw local("bad-status", `"status" must go with type ${type}: got ${frame.status}`);
  }
  if (!statusFits(FrameType.data, frame.life)) {
    throw local("bad-life", `"life" must be an integer of 0 … 65535: got ${frame.life}`);
  }
  if (!isUint32(session.high) || !isUint32(session.low)) {
    throw local("bad-session", `"session" must be two unsigned 32-bit integers`);
  }
  if (!Number.isSafeInteger(operation) || operation < 0) {
    throw local("bad-operation", `"operation" must be an integer of 0 … 2^53-1: got ${operation}`);
  }
  if (checksums[frame.checksum].keyed && keys === undefined) {
    const rule = `"checksum" must be one without a key where there is none: got ${frame.checksum}`;
    throw local("no-key", rule);
  }
  if (!isUint32(frame.attempt)) {
    throw local(
      "bad-attempt",
      `"attempt" must be an unsigned 32-bit integer: got ${frame.attempt}`,
    );
  }
  if (!isUint32(frame.remainingMs)) {
    throw local(
      "bad-remaining",
      `"remainingMs" must be an unsigned 32-bit integer: got ${frame.remainingMs}`,
    );
  }
}

/** Where a frame has no place for a life, none is written. */
function isWithLife(type: FrameType): boolean {
  return type <= FrameType.reply || type === FrameType.pong;
}

function isUint32(value: number): boolean {
  return value >>> 0 === value;
}

function local(code: string, rule: string): ProtocolError {
  return new ProtocolError(code, "local", `Cannot encode the frame as ${rule}`);
}
