/**
 * The operations that wait for a place in flight, first in, first out, within limits.
 *
 * One that is aborted leaves at once, wherever it stands, and gives its place and its bytes back.
 */
import type { Linked } from "./linked-list.ts";
import { LinkedList } from "./linked-list.ts";

/** What can queue. */
export interface Queued<Item> extends Linked<Item> {
  readonly body: Uint8Array;
}

/** How much may wait. */
export interface QueueLimits {
  readonly itemsMax: number;
  readonly bytesMax: number;
}

/** The queue. */
export class Queue<Item extends Queued<Item>> {
  readonly #limits: QueueLimits;
  readonly #list = new LinkedList<Item>();
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
    return this.#list.head;
  }

  /** Whether another body of so many bytes may wait. */
  hasRoomFor(bytes: number): boolean {
    return this.#size < this.#limits.itemsMax && this.#bytes + bytes <= this.#limits.bytesMax;
  }

  push(item: Item): void {
    this.#list.push(item);
    this.#size++;
    this.#bytes += item.body.length;
  }

  /** Takes an item out, wherever it stands; it must be in. */
  delete(item: Item): void {
    this.#list.delete(item);
    this.#size--;
    this.#bytes -= item.body.length;
  }
}
