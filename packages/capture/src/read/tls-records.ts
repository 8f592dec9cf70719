/**
 * Counts the TLS records of one direction, from their headers alone: nothing is decrypted or kept.
 *
 *   offset  size  field (RFC 8446 section 5.1)
 *        0     1  content type: 20 to 24; 23 is what is encrypted
 *        1     2  version, fixed: 3 and anything
 *        3     2  length of what follows
 *
 * A direction that does not begin with such a header, or comes to something else, is not TLS (any
 * more), and is not looked at again.
 */

/** What there was of TLS. */
export interface TlsCounts {
  /** Records whose header was seen. */
  records: number;
  /** Those of them that are encrypted. */
  encrypted: number;
  /** Of all records, headers included. */
  bytes: number;
  /** Of the largest one. */
  bytesMax: number;
}

const HEADER_BYTES = 5;
/** Largest record: 2^14 bytes of content, the type, the tag, and padding (section 5.2). */
const CONTENT_BYTES_MAX = 16_640;
const ENCRYPTED = 23;

/** @see module */
export class TlsRecords {
  readonly #counts: TlsCounts;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  /** Bytes of the record under way that are still to come. */
  #missing = 0;
  #isOther = false;

  constructor(counts: TlsCounts) {
    this.#counts = counts;
  }

  /** Looks at what comes next. @returns whether it belongs to TLS records */
  push(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length && !this.#isOther;) {
      if (this.#missing > 0) {
        const step = Math.min(this.#missing, bytes.length - at);
        this.#missing -= step;
        at += step;
      } else {
        this.#take(bytes[at++]!);
      }
    }
    return !this.#isOther;
  }

  #take(byte: number): void {
    const at = this.#headerBytes++;
    this.#header[at] = byte;
    if (at === 0) this.#isOther = byte < 20 || byte > 24;
    if (at === 1) this.#isOther = byte !== 3;
    if (at === HEADER_BYTES - 1) this.#begin();
  }

  #begin(): void {
    const [type, , , high, low] = this.#header;
    const content = (high! << 8) | low!;
    this.#headerBytes = 0;
    this.#missing = content;
    this.#isOther = content > CONTENT_BYTES_MAX;
    if (this.#isOther) return;
    const counts = this.#counts;
    const size = HEADER_BYTES + content;
    counts.records++;
    if (type === ENCRYPTED) counts.encrypted++;
    counts.bytes += size;
    counts.bytesMax = Math.max(counts.bytesMax, size);
  }
}
