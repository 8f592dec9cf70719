/**
 * Goes over the TLS records of one direction by their headers alone: nothing is decrypted or kept.
 *
 *   offset  size  field (RFC 8446 section 5.1)
 *        0     1  content type: 20 to 24; 23 is what is encrypted
 *        1     2  version, fixed: 3 and anything
 *        3     2  length of what follows
 *
 * A direction that does not begin with such a header, or comes to something else, is not TLS (any
 * more), and is not looked at again.
 */

const HEADER_BYTES = 5;
/** Largest record: 2^14 bytes of content, the type, the tag, and padding (section 5.2). */
const CONTENT_BYTES_MAX = 16_640;
const ENCRYPTED = 23;
/** Tag and inner type of an encrypted record, in all cipher suites of TLS 1.3 (section 5.2). */
const OVERHEAD_BYTES = 17;

/** One record, as its header says. */
export interface TlsRecord {
  readonly encrypted: boolean;
  /** What it holds if it is encrypted and not padded; no cipher suite of TLS 1.3 differs there. */
  readonly plainBytes: number;
  /** Header included. */
  readonly bytes: number;
}

/** Is told of records. */
export interface TlsScanEvents {
  /** Its header is there. */
  onBegin?(record: TlsRecord): void;
  /** It is whole. */
  onEnd?(record: TlsRecord): void;
}

/** @see module */
export class TlsScan {
  readonly #events: TlsScanEvents;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #record: TlsRecord | undefined;
  /** Bytes of the record under way that are still to come. */
  #missing = 0;
  #isOther = false;

  constructor(events: TlsScanEvents) {
    this.#events = events;
  }

  /** Whether a record has begun that is not whole, be it in its header. */
  get isUnderWay(): boolean {
    return this.#record !== undefined || this.#headerBytes > 0;
  }

  /** Looks at what comes next. @returns whether it belongs to TLS records */
  push(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length && !this.#isOther;) {
      if (this.#record === undefined) {
        this.#take(bytes[at++]!);
      } else {
        const step = Math.min(this.#missing, bytes.length - at);
        this.#missing -= step;
        at += step;
      }
      if (this.#record !== undefined && this.#missing === 0) this.#end(this.#record);
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
    const contentBytes = (high! << 8) | low!;
    this.#headerBytes = 0;
    this.#isOther = contentBytes > CONTENT_BYTES_MAX;
    if (this.#isOther) return;
    this.#missing = contentBytes;
    const bytes = HEADER_BYTES + contentBytes;
    const plainBytes = contentBytes - OVERHEAD_BYTES;
    this.#record = { encrypted: type === ENCRYPTED, plainBytes, bytes };
    this.#events.onBegin?.(this.#record);
  }

  #end(record: TlsRecord): void {
    this.#record = undefined;
    this.#events.onEnd?.(record);
  }
}
