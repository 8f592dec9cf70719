/**
 * Which sequence numbers have been seen: the anti-replay window (RFC 4303 section 3.4.3, RFC 9147
 * section 4.5.1).
 *
 *   … too old │ size bits, one for each number up to the highest │ new …
 *
 * Looking and moving are two calls: the window moves only after the record's tag was checked, or
 * a forged number would shut out every true one. A ring of bits: what leaves the window on the
 * left is cleared for what enters on the right.
 */

/** Smallest size, in bits: what RFC 4303 recommends. */
export const REPLAY_WINDOW_MIN = 64;
/** Largest size, in bits: 128 bytes for each epoch of a link. */
export const REPLAY_WINDOW_MAX = 1024;

/** @see module */
export class ReplayWindow {
  readonly #size: number;
  readonly #bits: Uint32Array;
  #highest = -1;

  /** @param size in bits, a multiple of 32 from `REPLAY_WINDOW_MIN` to `REPLAY_WINDOW_MAX`. */
  constructor(size: number) {
    this.#size = size;
    this.#bits = new Uint32Array(size / 32);
  }

  /** The highest number that was marked; -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether the number may still be accepted. Changes nothing. */
  isNew(sequence: number): boolean {
    if (sequence > this.#highest) return true;
    if (sequence <= this.#highest - this.#size) return false;
    const at = sequence % this.#size;
    return (this.#bits[at >>> 5]! & (1 << (at & 31))) === 0;
  }

  /** Marks a number that was new, whose record is authentic. */
  mark(sequence: number): void {
    const first = Math.max(this.#highest + 1, sequence - this.#size + 1);
    for (let number = first; number <= sequence; number++) this.#set(number, false);
    this.#set(sequence, true);
    if (sequence > this.#highest) this.#highest = sequence;
  }

  #set(sequence: number, seen: boolean): void {
    const at = sequence % this.#size;
    const bit = 1 << (at & 31);
    const word = this.#bits[at >>> 5]!;
    this.#bits[at >>> 5] = seen ? word | bit : word & ~bit;
  }
}
