/**
 * The records of a journal, to bytes and back. Pure: no file.
 *
 * A file is a head and records, one after another, all integers big-endian:
 *
 *   head     8  "FLTJRNL1"
 *   record   4  length of the body   4  CRC-32C over length and body   n  body
 *
 *   body     1  kind, then
 *     life       tag 2 · past 1 · since 8
 *     operation  session 8 · operation 8 · at 8 · tag 2 · past 1 · checksum 4 · length 4 ·
 *                reply's length 4 (FF FF FF FF: none is kept) · reply · state
 *     floor      session 8 · operation 8 · at 8 · tag 2 · past 1
 *     state      state
 *
 * Times are µs since 1970, operations and times as IEEE 754 doubles, which hold them exactly. An
 * operation and what it did to the responder (`state`) are one record: both survive or neither.
 */
import type { SessionId } from "@faultline/protocol";
import { crc32c } from "@faultline/protocol";
import type { Life, ServerPast } from "../core/life.ts";

/** What a life is to a session: how to know its operations by. */
export type LifeMark = Pick<Life, "tag" | "past">;

/** One record. */
export type JournalRecord =
  | { readonly kind: "life"; readonly life: LifeMark; readonly sinceUs: number }
  | {
      readonly kind: "operation";
      readonly session: SessionId;
      readonly operation: number;
      readonly atUs: number;
      readonly life: LifeMark;
      readonly checksum: number;
      readonly length: number;
      /** undefined: executed, and its reply is no longer known. */
      readonly reply: Uint8Array | undefined;
      /** What the responder is to go on from; empty: it has no state. */
      readonly state: Uint8Array;
    }
  | {
      readonly kind: "floor";
      readonly session: SessionId;
      readonly operation: number;
      readonly atUs: number;
      readonly life: LifeMark;
    }
  | { readonly kind: "state"; readonly state: Uint8Array };

/** The first bytes of every journal. */
export const JOURNAL_HEAD: Uint8Array = new TextEncoder().encode("FLTJRNL1");
/** Length and checksum before each body. */
export const RECORD_HEAD_BYTES = 8;
const KINDS = ["life", "operation", "floor", "state"] as const;
const PASTS: readonly ServerPast[] = ["none", "unknown", "lost"];
const NO_REPLY = 0xffff_ffff;
const FIXED_BYTES = { life: 12, operation: 40, floor: 28, state: 1 } as const;
/** Far more than any responder keeps. */
const STATE_BYTES_MAX = 65_536;

/** Size of a record in the file. */
export function recordBytes(record: JournalRecord): number {
  const fixed = RECORD_HEAD_BYTES + FIXED_BYTES[record.kind];
  if (record.kind === "state") return fixed + record.state.length;
  if (record.kind !== "operation") return fixed;
  return fixed + (record.reply?.length ?? 0) + record.state.length;
}

/** Writes a record at `at`, where there is room for it. @returns the offset after it */
export function writeRecord(buffer: Uint8Array, at: number, record: JournalRecord): number {
  const end = at + recordBytes(record);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const body = at + RECORD_HEAD_BYTES;
  view.setUint32(at, end - body);
  buffer[body] = KINDS.indexOf(record.kind);
  if (record.kind === "life") {
    writeLife(view, body + 1, record.life);
    view.setFloat64(body + 4, record.sinceUs);
  } else if (record.kind === "state") buffer.set(record.state, body + 1);
  else writeSession(view, body + 1, record);
  if (record.kind === "operation") {
    const { checksum, length, reply, state } = record;
    view.setUint32(body + 28, checksum);
    view.setUint32(body + 32, length);
    view.setUint32(body + 36, reply?.length ?? NO_REPLY);
    if (reply !== undefined) buffer.set(reply, body + 40);
    buffer.set(state, end - state.length);
  }
  view.setUint32(at + 4, checksumOf(buffer, at, end));
  return end;
}

/** The checksum of the record between those offsets, over its length and its body. */
export function checksumOf(buffer: Uint8Array, at: number, end: number): number {
  return crc32c(buffer, at + RECORD_HEAD_BYTES, end, crc32c(buffer, at, at + 4));
}

/**
 * Whether a record could stand at `at`, by its kind and what it says of its sizes: a few bytes looked at,
 * where its checksum would take all of them. Noise hardly ever could.
 */
export function couldStand(view: DataView, at: number): boolean {
  const body = at + RECORD_HEAD_BYTES;
  if (body >= view.byteLength) return false;
  const length = view.getUint32(at);
  const kind = KINDS[view.getUint8(body)];
  if (kind === undefined || length > view.byteLength - body) return false;
  if (kind === "life" || kind === "floor") return length === FIXED_BYTES[kind];
  if (kind === "state") return length >= 1 && length <= STATE_BYTES_MAX;
  if (length < FIXED_BYTES.operation) return false;
  const replyBytes = view.getUint32(body + 36);
  const stateBytes = length - FIXED_BYTES.operation - (replyBytes === NO_REPLY ? 0 : replyBytes);
  return stateBytes >= 0 && stateBytes <= STATE_BYTES_MAX;
}

/** The record with that body, whose checksum has been verified; undefined where it makes no sense. */
export function readBody(body: Uint8Array): JournalRecord | undefined {
  const kind = KINDS[body[0]!];
  if (kind === undefined || body.length < FIXED_BYTES[kind]) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (kind === "state") return { kind, state: body.subarray(1) };
  if (kind === "life") return { kind, life: readLife(view, 1), sinceUs: view.getFloat64(4) };
  const session = { high: view.getUint32(1), low: view.getUint32(5) };
  const [operation, atUs] = [view.getFloat64(9), view.getFloat64(17)];
  const of = { session, operation, atUs, life: readLife(view, 25) };
  if (kind === "floor") return { kind, ...of };
  const replyBytes = view.getUint32(36);
  const stateAt = 40 + (replyBytes === NO_REPLY ? 0 : replyBytes);
  if (stateAt > body.length) return undefined;
  const reply = replyBytes === NO_REPLY ? undefined : body.subarray(40, stateAt);
  const [checksum, length] = [view.getUint32(28), view.getUint32(32)];
  return { kind, ...of, checksum, length, reply, state: body.subarray(stateAt) };
}

function writeSession(
  view: DataView,
  at: number,
  { session, operation, atUs, life }: Extract<JournalRecord, { session: SessionId }>,
): void {
  view.setUint32(at, session.high);
  view.setUint32(at + 4, session.low);
  view.setFloat64(at + 8, operation);
  view.setFloat64(at + 16, atUs);
  writeLife(view, at + 24, life);
}

function writeLife(view: DataView, at: number, { tag, past }: LifeMark): void {
  view.setUint16(at, tag);
  view.setUint8(at + 2, PASTS.indexOf(past));
}

function readLife(view: DataView, at: number): LifeMark {
  return { tag: view.getUint16(at), past: PASTS[view.getUint8(at + 2)] ?? "lost" };
}
