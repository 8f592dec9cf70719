/**
 * Counts the TLS records of one direction: how many there are, and of what size.
 */
import { TlsScan } from "./tls-scan.ts";

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

/** @see module */
export class TlsRecords {
  readonly #scan: TlsScan;

  constructor(counts: TlsCounts) {
    this.#scan = new TlsScan({
      onBegin({ encrypted, bytes }) {
        counts.records++;
        if (encrypted) counts.encrypted++;
        counts.bytes += bytes;
        counts.bytesMax = Math.max(counts.bytesMax, bytes);
      },
    });
  }

  /** Looks at what comes next. */
  push(bytes: Uint8Array): void {
    this.#scan.push(bytes);
  }
}
