/**
 * The records of a stream, wherever it was cut.
 *
 * Whole records are views of what was pushed; only the one that a cut went through is put together, in
 * a buffer that grows as its bytes come: a declared length reserves nothing. The header is believed
 * as far as its length's limit; what it says is proven when the tag is checked.
 */
import { TAG_BYTES } from "./cipher.ts";
import { HANDSHAKE_RECORD_BYTES } from "./handshake.ts";
import type { RecordHeader } from "./record.ts";
import { readRecordHeader, RECORD_BYTES_MAX, RECORD_HEADER_BYTES, RecordType } from "./record.ts";

/** A whole record. */
export interface WholeRecord {
  readonly header: RecordHeader;
  /** A view, valid until the next call. */
  readonly record: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** @see module */
export class RecordReader {
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  #held: Uint8Array = EMPTY;
  #heldBytes = 0;

  /** Bytes kept of a record that is not whole. */
  get bufferedBytes(): number {
    return this.#heldBytes;
  }

  /** Takes the next bytes; `next` must have returned undefined before. They are only lent. */
  push(bytes: Uint8Array): void {
    this.#chunk = bytes;
    this.#at = 0;
  }

  /** The next record; undefined: not yet; `broken`: no record can stand there, nor behind it. */
  next(): WholeRecord | "broken" | undefined {
    if (this.#heldBytes > 0) return this.#nextHeld();
    const rest = this.#chunk.subarray(this.#at);
    if (rest.length < RECORD_HEADER_BYTES) return this.#hold(rest.length);
    const header = checkedHeader(rest);
    if (header === undefined) return "broken";
    const bytes = RECORD_HEADER_BYTES + header.bytes;
    if (rest.length < bytes) return this.#hold(rest.length);
    this.#at += bytes;
    return { header, record: rest.subarray(0, bytes) };
  }

  #nextHeld(): WholeRecord | "broken" | undefined {
    if (!this.#fill(RECORD_HEADER_BYTES)) return undefined;
    const header = checkedHeader(this.#held.subarray(0, RECORD_HEADER_BYTES));
    if (header === undefined) return "broken";
    const bytes = RECORD_HEADER_BYTES + header.bytes;
    if (!this.#fill(bytes)) return undefined;
    const record = this.#held.subarray(0, bytes);
    this.#held = EMPTY;
    this.#heldBytes = 0;
    return { header, record };
  }

  /** Keeps what is there of the next record. */
  #hold(bytes: number): undefined {
    this.#fill(this.#heldBytes + bytes);
  }

  /** Moves bytes to the held record until it has `target`; false where they ran out. */
  #fill(target: number): boolean {
    const wanted = Math.min(target - this.#heldBytes, this.#chunk.length - this.#at);
    if (wanted > 0) {
      this.#reserve(this.#heldBytes + wanted);
      this.#held.set(this.#chunk.subarray(this.#at, this.#at + wanted), this.#heldBytes);
      this.#heldBytes += wanted;
      this.#at += wanted;
    }
    if (this.#at === this.#chunk.length) this.push(EMPTY);
    return this.#heldBytes >= target;
  }

  #reserve(bytes: number): void {
    if (this.#held.length >= bytes) return;
    const held = new Uint8Array(Math.max(bytes, 2 * this.#held.length));
    held.set(this.#held.subarray(0, this.#heldBytes));
    this.#held = held;
  }
}

function checkedHeader(bytes: Uint8Array): RecordHeader | undefined {
  const header = readRecordHeader(bytes);
  return header !== undefined && header.bytes <= bytesMax(header.type) ? header : undefined;
}

function bytesMax(type: RecordType): number {
  switch (type) {
    case RecordType.hello:
    case RecordType.welcome:
      return HANDSHAKE_RECORD_BYTES - RECORD_HEADER_BYTES;
    case RecordType.data:
      return RECORD_BYTES_MAX + TAG_BYTES;
    case RecordType.ready:
    case RecordType.end:
      return TAG_BYTES;
    case RecordType.alert:
      return 1;
    default:
      return type satisfies never;
  }
}
