/**
 * A doubly linked list through its items: adding and taking out anywhere cost no allocation.
 *
 * The links are fields of the item, so an item is in one list at a time. An array was the road
 * not taken: taking out of its middle moves the rest, or leaves gaps that grow without end.
 */

/** What can be listed; the two links belong to the list. */
export interface Linked<Item> {
  next: Item | undefined;
  previous: Item | undefined;
}

/** The list, first in at the head. */
export class LinkedList<Item extends Linked<Item>> {
  head: Item | undefined;
  tail: Item | undefined;

  /** Adds an item behind all others; it must be in no list. */
  push(item: Item): void {
    const { tail } = this;
    item.previous = tail;
    if (tail === undefined) this.head = item;
    else tail.next = item;
    this.tail = item;
  }

  /** Takes an item out, wherever it stands; it must be in this list. */
  delete(item: Item): void {
    const { next, previous } = item;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.tail = previous;
    else next.previous = previous;
    item.next = undefined;
    item.previous = undefined;
  }
}
