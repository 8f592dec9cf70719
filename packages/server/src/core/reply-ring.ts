/**
 * What one session has executed, and what it was answered: the memory behind "exactly once".
 *
 * Below the floor nothing is executed: it is what is left of operations that were forgotten. Above,
 * a slot for each operation, found by `operation % slots`; so an operation is overwritten by the one
 * that many later, and what is older than the ring is refused, never executed. Replies lie one
 * after another in one buffer (reply-log.ts): no object for each reply, so a million messages
 * leave no garbage behind. Slots start few and double until two remembered operations no longer
 * meet, or the limit is reached. A map from operation to reply was the road not taken: its order
 * of forgetting would follow arrival, not the operation ids that a client counts on.
 *
 * See RFC 7252 section 4.5 (message deduplication) and RFC 9110 section 9.2.2 (idempotency).
 */
import { ReplyLog } from "./reply-log.ts";

/** Bytes that all sessions of a worker share. */
export class ByteBudget {
  #leftBytes: number;

  constructor(bytes: number) {
    this.#leftBytes = bytes;
  }

  get leftBytes(): number {
    return this.#leftBytes;
  }

  /** Takes the bytes; false if there are not so many left. */
  take(bytes: number): boolean {
    if (bytes > this.#leftBytes) return false;
    this.#leftBytes -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#leftBytes += bytes;
  }
}

/**
 * What is known of an operation.
 *
 * `new`      never seen: execute it, then `store` the reply
 * `known`    executed, and `replay` has the reply
 * `reused`   executed with another body
 * `too-old`  executed perhaps; how it was answered is no longer known
 * `full`     no memory left to remember it by: it must not be executed
 */
export type Memory = "new" | "known" | "reused" | "too-old" | "full";

/** What is remembered of an operation. */
export interface RingEntry {
  /** Of the request. */
  readonly checksum: number;
  readonly length: number;
  /** undefined: no longer known. */
  readonly reply: Uint8Array | undefined;
}

const SLOTS_FIRST = 16;
/** Four arrays: operation, checksum and length of the request, place of the reply. */
const SLOT_BYTES = 8 + 4 + 4 + 8;
const NONE = -1;
/** A reply that was never kept, or no longer is. */
const FORGOTTEN = -1;

/** @see module */
export class ReplyRing {
  readonly #slotsMax: number;
  readonly #budget: ByteBudget;
  readonly #log: ReplyLog;
  /** Nothing up to this operation is executed any more; -1: there is no floor. */
  readonly floor: number;
  #slots = 0;
  #operations = new Float64Array(0);
  #checksums = new Uint32Array(0);
  #lengths = new Uint32Array(0);
  /** Where each reply lies in the log. */
  #replies = new Float64Array(0);

  /** @param limits `slotsMax` must be a power of two; `bytesMax` bounds the replies kept. */
  constructor(
    limits: { slotsMax: number; bytesMax: number },
    budget: ByteBudget,
    floor: number = NONE,
  ) {
    this.floor = floor;
    this.#slotsMax = limits.slotsMax;
    this.#budget = budget;
    this.#log = new ReplyLog(limits.bytesMax, budget);
  }

  /** What is known of this operation, whose request has this checksum and length. */
  look(operation: number, checksum: number, length: number): Memory {
    if (operation <= this.floor) return "too-old";
    if (this.#slots === 0 && !this.#grow(Math.min(SLOTS_FIRST, this.#slotsMax))) return "full";
    for (;;) {
      const slot = operation % this.#slots;
      const held = this.#operations[slot]!;
      if (held === operation) return this.#compare(slot, checksum, length);
      if (held === NONE) return "new";
      if (this.#slots === this.#slotsMax) return held > operation ? "too-old" : "new";
      if (!this.#grow(2 * this.#slots)) return "full";
    }
  }

  /** Remembers the reply of an operation that `look` called `new` just before. */
  store(operation: number, checksum: number, length: number, reply: Uint8Array): void {
    this.storeForgotten(operation, checksum, length);
    this.#replies[operation % this.#slots] = this.#log.append(operation, reply, this);
  }

  /** The highest operation that was executed, the floor included; -1: none. */
  get highest(): number {
    return this.#operations.reduce((one, other) => Math.max(one, other), this.floor);
  }

  /** The reply of an operation that `look` called `known`: a view, valid until the next `store`. */
  replay(operation: number): Uint8Array {
    return this.#log.read(this.#replies[operation % this.#slots]!);
  }

  /** Every operation that is remembered, in no order. */
  *operations(): Generator<number> {
    for (const operation of this.#operations) if (operation !== NONE) yield operation;
  }

  /** All that is remembered of one of them; the reply is a view, valid until the next `store`. */
  entry(operation: number): RingEntry {
    const slot = operation % this.#slots;
    const isKept = this.#log.has(this.#replies[slot]!);
    const [checksum, length] = [this.#checksums[slot]!, this.#lengths[slot]!];
    return { checksum, length, reply: isKept ? this.replay(operation) : undefined };
  }

  /** Remembers an operation that was executed, but not what it was answered; as `store`. */
  storeForgotten(operation: number, checksum: number, length: number): void {
    const slot = operation % this.#slots;
    this.#operations[slot] = operation;
    this.#checksums[slot] = checksum;
    this.#lengths[slot] = length;
    this.#replies[slot] = FORGOTTEN;
  }

  /** Whether the log entry of `operation` at `place` is still the one that counts. */
  isLive(operation: number, place: number): boolean {
    const slot = operation % this.#slots;
    return this.#operations[slot] === operation && this.#replies[slot] === place;
  }

  /** Gives all memory back. The ring must not be used after this. */
  free(): void {
    this.#budget.give(this.#slots * SLOT_BYTES);
    this.#slots = 0;
    this.#log.free();
  }

  #compare(slot: number, checksum: number, length: number): Memory {
    if (this.#checksums[slot] !== checksum || this.#lengths[slot] !== length) return "reused";
    return this.#log.has(this.#replies[slot]!) ? "known" : "too-old";
  }

  /** Doubling keeps apart what was apart: no two remembered operations can meet in a new slot. */
  #grow(slots: number): boolean {
    if (!this.#budget.take((slots - this.#slots) * SLOT_BYTES)) return false;
    const [operations, checksums] = [this.#operations, this.#checksums];
    const [lengths, replies] = [this.#lengths, this.#replies];
    this.#operations = new Float64Array(slots).fill(NONE);
    this.#checksums = new Uint32Array(slots);
    this.#lengths = new Uint32Array(slots);
    this.#replies = new Float64Array(slots).fill(FORGOTTEN);
    for (let from = 0; from < this.#slots; from++) {
      const operation = operations[from]!;
      if (operation === NONE) continue;
      const slot = operation % slots;
      this.#operations[slot] = operation;
      this.#checksums[slot] = checksums[from]!;
      this.#lengths[slot] = lengths[from]!;
      this.#replies[slot] = replies[from]!;
    }
    this.#slots = slots;
    return true;
  }
}
