/**
 * Replies one after another in one circular buffer, the oldest overwritten first.
 *
 *   tail                                             head
 *    | op·size·reply | op·size·reply | filler | op·size· …     places: bytes ever written
 *
 * A place never repeats; `place % size` is where it lies. An entry never wraps round the end of the
 * buffer: a filler, which nobody wants, takes the rest. The buffer doubles while its oldest reply
 * is still wanted, up to the limit and the shared budget; after that the oldest reply is given up.
 * Entries are multiples of 16 bytes, so that a head fits wherever a rest is left.
 */
import type { ByteBudget } from "./reply-ring.ts";

/** Operation (low half, high half), size of the reply, unused. */
const HEAD_BYTES = 16;
const SIZE_FIRST = 1024;
const FORGOTTEN = -1;

/** Who knows whether an entry is still wanted. */
export interface EntryOwner {
  isLive(operation: number, place: number): boolean;
}

/** @see module */
export class ReplyLog {
  readonly #bytesMax: number;
  readonly #budget: ByteBudget;
  #bytes = new Uint8Array(0);
  #words = new Uint32Array(0);
  #tail = 0;
  #head = 0;

  /** @param bytesMax is rounded down to a power of two; below 1024 nothing is kept. */
  constructor(bytesMax: number, budget: ByteBudget) {
    this.#bytesMax = bytesMax;
    this.#budget = budget;
  }

  /**
   * Keeps a copy of the reply.
   *
   * @returns its place, to be read by; -1 if there is no room for it.
   */
  append(operation: number, reply: Uint8Array, owner: EntryOwner): number {
    if (!this.#makeRoom(entryBytes(reply.length), owner)) return FORGOTTEN;
    const place = this.#head;
    this.#writeHead(operation, reply.length);
    this.#bytes.set(reply, (place % this.#bytes.length) + HEAD_BYTES);
    return place;
  }

  /** Whether the reply at this place is still there. */
  has(place: number): boolean {
    return place !== FORGOTTEN && place >= this.#tail;
  }

  /** The reply at a place that is still there, as a view. */
  read(place: number): Uint8Array {
    const at = place % this.#bytes.length;
    const from = at + HEAD_BYTES;
    return this.#bytes.subarray(from, from + this.#words[(at >>> 2) + 2]!);
  }

  /** Gives all memory back. */
  free(): void {
    this.#budget.give(this.#bytes.length);
    this.#bytes = new Uint8Array(0);
    this.#words = new Uint32Array(0);
    this.#tail = this.#head = 0;
  }

  #makeRoom(needed: number, owner: EntryOwner): boolean {
    // A reply larger than all there may be must not cost the others their place.
    if (needed > this.#bytes.length && !this.#grow(needed)) return false;
    while (!this.#fits(needed)) {
      if (!this.#oldestIsLive(owner) || !this.#grow(needed)) this.#dropOldest();
    }
    return true;
  }

  /** Whether there is room at the head, in one piece; fills up the rest of the buffer if that helps. */
  #fits(needed: number): boolean {
    const size = this.#bytes.length;
    const rest = size - (this.#head % size);
    if (needed > rest) {
      if (this.#head + rest - this.#tail > size) return false;
      this.#writeHead(0, rest - HEAD_BYTES);
    }
    return this.#head + needed - this.#tail <= size;
  }

  #writeHead(operation: number, replyBytes: number): void {
    const word = (this.#head % this.#bytes.length) >>> 2;
    this.#words[word] = operation >>> 0;
    this.#words[word + 1] = Math.floor(operation / 0x1_0000_0000);
    this.#words[word + 2] = replyBytes;
    this.#head += entryBytes(replyBytes);
  }

  #oldestIsLive(owner: EntryOwner): boolean {
    const word = (this.#tail % this.#bytes.length) >>> 2;
    const operation = this.#words[word + 1]! * 0x1_0000_0000 + this.#words[word]!;
    return owner.isLive(operation, this.#tail);
  }

  #dropOldest(): void {
    const word = (this.#tail % this.#bytes.length) >>> 2;
    this.#tail += entryBytes(this.#words[word + 2]!);
  }

  /** Doubles the buffer until `needed` fits. Every entry keeps its place. */
  #grow(needed: number): boolean {
    const before = this.#bytes.length;
    let size = Math.max(SIZE_FIRST, 2 * before);
    while (size < needed) size *= 2;
    if (size > this.#bytesMax || !this.#budget.take(size - before)) return false;
    const bytes = new Uint8Array(size);
    for (let place = this.#tail; place < this.#head;) {
      const at = place % before;
      const run = Math.min(before - at, this.#head - place);
      bytes.set(this.#bytes.subarray(at, at + run), place % size);
      place += run;
    }
    this.#bytes = bytes;
    this.#words = new Uint32Array(bytes.buffer);
    return true;
  }
}

function entryBytes(replyBytes: number): number {
  return HEAD_BYTES + Math.ceil(replyBytes / 16) * 16;
}
