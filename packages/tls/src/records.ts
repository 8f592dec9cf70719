/**
 * TLS records out of a stream of encrypted bytes: what travels on the wire as one unit.
 *
 *   offset  size  field (RFC 8446 section 5.1)
 *        0     1  content type: 23 for everything that is encrypted
 *        1     2  version, fixed
 *        3     2  length of what follows
 *
 * Bytes go in as they come and records come out whole, so that what is done to a record never
 * depends on where a read happened to end. Nothing is decrypted. Bytes that are no record (a peer
 * that speaks something else) come out as they came, for the engine to refuse.
 */

/** Content type of encrypted records. */
const ENCRYPTED = 23;
const HEADER_BYTES = 5;
/** Largest record: 2^14 bytes of content, the type, the tag, and padding up to 256 (section 5.2). */
const RECORD_BYTES_MAX = HEADER_BYTES + 16_384 + 256;

/** A whole record, or bytes that are none. */
export interface TlsRecord {
  readonly bytes: Uint8Array;
  readonly encrypted: boolean;
}

/** @see module */
export class RecordReader {
  #rest: Uint8Array = new Uint8Array(0);

  /** Adds bytes, which are copied; gives the records that are whole now. */
  push(bytes: Uint8Array): TlsRecord[] {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const records: TlsRecord[] = [];
    let at = 0;
    while (all.length - at >= HEADER_BYTES) {
      const size = HEADER_BYTES + ((all[at + 3]! << 8) | all[at + 4]!);
      if (!isRecord(all, at, size)) {
        records.push({ bytes: all.subarray(at), encrypted: false });
        at = all.length;
        break;
      }
      if (all.length - at < size) break;
      records.push({ bytes: all.subarray(at, at + size), encrypted: all[at] === ENCRYPTED });
      at += size;
    }
    this.#rest = all.subarray(at);
    return records;
  }

  /** What is there of a record that is not whole; the reader is empty then. */
  takeRest(): Uint8Array {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    return rest;
  }
}

/** Content types 20 to 24, any version 3.x, and a size that may be. */
function isRecord(bytes: Uint8Array, at: number, size: number): boolean {
  const type = bytes[at]!;
  return type >= 20 && type <= 24 && bytes[at + 1] === 3 && size <= RECORD_BYTES_MAX;
}
