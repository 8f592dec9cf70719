/**
 * What a fault does to encrypted bytes on their way from the engine to the network.
 *
 *   engine ── record ──► flip a bit, or stop in the middle ──► network
 *
 * It counts bytes from where it began and knows nothing of records: an engine may hand one over in
 * several pieces. The bytes given are the engine's, so a changed piece is a copy.
 */
import type { RecordHarm } from "@faultline/protocol";

const NOTHING = new Uint8Array(0);

/** @see module */
export class Harm {
  readonly #harm: RecordHarm;
  /** Bytes that pass as they are. */
  #left: number;
  #isDone = false;

  constructor(harm: RecordHarm) {
    this.#harm = harm;
    this.#left = harm.at;
  }

  /** Whether nothing may be sent any more. */
  get isEnd(): boolean {
    return this.#isDone && this.#harm.how === "cut";
  }

  /** These bytes, as they shall be sent. */
  of(bytes: Uint8Array): Uint8Array {
    if (this.#isDone) return this.isEnd ? NOTHING : bytes;
    const at = this.#left;
    this.#left -= bytes.length;
    if (this.#left >= 0 && !(this.#left === 0 && this.#harm.how === "cut")) return bytes;
    this.#isDone = true;
    if (this.#harm.how === "cut") return bytes.subarray(0, at);
    const changed = bytes.slice();
    changed[at]! ^= 1 << this.#harm.bit;
    return changed;
  }
}
