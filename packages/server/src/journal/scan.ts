/**
 * Reads a journal from its beginning to where it ends or breaks off.
 *
 *   good records ─► told one by one
 *   the last one cut short, or only zeros  ─► torn: it was being written when the process ended
 *   anything else that does not fit        ─► corrupt: nothing of it may be believed
 *
 * What is torn was never told to a client, since replies leave after their records are written: it may
 * be cut off. A damaged record looks torn if its length says that it ends beyond the file; so it is
 * called torn only if no whole record follows it anywhere.
 */
import {
  checksumOf,
  couldStand,
  JOURNAL_HEAD,
  type JournalRecord,
  readBody,
  RECORD_HEAD_BYTES,
} from "./record.ts";

/** How far a journal can be read. */
export type Scan =
  /** Up to `bytes`; what follows, if anything, is torn. */
  | { readonly end: "good" | "torn"; readonly bytes: number }
  | { readonly end: "corrupt"; readonly offset: number; readonly reason: string };

/** Tells every record in order. Its arrays are views, valid during the call. */
export function scanJournal(bytes: Uint8Array, tell: (record: JournalRecord) => void): Scan {
  const head = JOURNAL_HEAD.length;
  if (!startsRight(bytes)) return { end: "corrupt", offset: 0, reason: "it is no journal" };
  let at = head;
  while (at < bytes.length) {
    const end = endOf(bytes, at);
    if (end === undefined) return brokenOff(bytes, at);
    const record = readBody(bytes.subarray(at + RECORD_HEAD_BYTES, end));
    if (record === undefined) return { end: "corrupt", offset: at, reason: "an unknown record" };
    tell(record);
    at = end;
  }
  return { end: "good", bytes: at };
}

/** Where the whole and undamaged record at `at` ends; undefined where there is none. */
function endOf(bytes: Uint8Array, at: number): number | undefined {
  if (at + RECORD_HEAD_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, RECORD_HEAD_BYTES);
  const length = view.getUint32(0);
  const end = at + RECORD_HEAD_BYTES + length;
  if (length === 0 || end > bytes.length) return undefined;
  return view.getUint32(4) === checksumOf(bytes, at, end) ? end : undefined;
}

function brokenOff(bytes: Uint8Array, at: number): Scan {
  const rest = bytes.length - at;
  const isShort = rest < RECORD_HEAD_BYTES || lengthAt(bytes, at) > rest - RECORD_HEAD_BYTES;
  const isTorn = bytes.subarray(at).every((byte) => byte === 0) || isShort;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let later = at + 1; later + RECORD_HEAD_BYTES < bytes.length; later++) {
    if (!couldStand(view, later) || endOf(bytes, later) === undefined) continue;
    return { end: "corrupt", offset: at, reason: `damage, and a good record at ${later}` };
  }
  if (isTorn) return { end: "torn", bytes: at };
  return { end: "corrupt", offset: at, reason: "a record that does not fit its checksum" };
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
}

function startsRight(bytes: Uint8Array): boolean {
  return JOURNAL_HEAD.every((byte, index) => bytes[index] === byte);
}
