/**
 * The operations that wait for a place in flight, first in, first out, within limits.
 *
 * A doubly linked list through the items: one that is aborted leaves at once, wherever it stands,
 * and gives its place and its bytes back. An array with gaps was the road not taken: under a
 * stuck head it grows without end.
 */

/** What can queue. The two links belong to the queue. */
export interface Queued<Item> {
  readonly body: Uint8Array;
  queueNext: Item | undefined;
  queuePrevious: Item | undefined;
}

/** How much may wait. */
export interface QueueLimits {
  readonly itemsMax: number;
  readonly bytesMax: number;
}

/** The queue. */
export class Queue<Item extends Queued<Item>> {
  readonly #limits: QueueLimits;
  #head: Item | undefined;
  #tail: Item | undefined;
  #size = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** The one that is next. */
  get head(): Item | undefined {
    return this.#head;
  }

  /** Whether another body of so many bytes may wait. */
  hasRoomFor(bytes: number): boolean {
    return this.#size < this.#limits.itemsMax && this.#bytes + bytes <= this.#limits.bytesMax;
  }

  push(item: Item): void {
    item.queuePrevious = this.#tail;
    if (this.#tail === undefined) this.#head = item;
    else this.#tail.queueNext = item;
    this.#tail = item;
    this.#size++;
    this.#bytes += item.body.length;
  }

  /** Takes an item out, wherever it stands; it must be in. */
  delete(item: Item): void {
    const { queueNext, queuePrevious } = item;
    if (queuePrevious === undefined) this.#head = queueNext;
    else queuePrevious.queueNext = queueNext;
    if (queueNext === undefined) this.#tail = queuePrevious;
    else queueNext.queuePrevious = queuePrevious;
    item.queueNext = undefined;
    item.queuePrevious = undefined;
    this.#size--;
    this.#bytes -= item.body.length;
  }
}
