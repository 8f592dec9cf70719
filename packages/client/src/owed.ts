/**
 * The replies a link still owes, by body: what tells a certain pipe reply from an ambiguous one.
 *
 * Bodies are kept as fingerprints (CRC-32C and length): two bodies with the same one only make
 * a delivery look ambiguous that is not. Where more are owed than the limit allows, the link is
 * remembered as one on which nothing is certain any more.
 */
import { crc32c } from "@faultline/protocol";

/** Bodies remembered for one link: far beyond what a server in use leaves unanswered. */
export const OWED_BODIES_MAX = 1024;

/** The replies owed on one link. */
export class Owed {
  readonly #counts = new Map<number, number>();
  #total = 0;
  #forgotten = false;

  /** A message was sent. */
  add(body: Uint8Array): void {
    const key = fingerprint(body);
    const count = this.#counts.get(key) ?? 0;
    if (count === 0 && this.#counts.size >= OWED_BODIES_MAX) {
      this.#forgotten = true;
      return;
    }
    this.#counts.set(key, count + 1);
    this.#total++;
  }

  /**
   * A sound reply came.
   *
   * @returns whether it may belong to another message of the same body than the last one.
   */
  answered(body: Uint8Array): boolean {
    const key = fingerprint(body);
    const count = this.#counts.get(key) ?? 0;
    const ambiguous = this.#forgotten || (count > 1 && this.#total > 1);
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
    if (count > 0) this.answeredUnseen();
    return ambiguous;
  }

  /** A reply came that does not say whose it is: an error, or a damaged one. */
  answeredUnseen(): void {
    if (this.#total > 0) this.#total--;
    if (this.#total === 0) this.#counts.clear();
  }
}

/** 32 bits of checksum above 21 bits of length: an exact integer. */
function fingerprint(body: Uint8Array): number {
  return crc32c(body) * 0x20_0000 + body.length;
}
