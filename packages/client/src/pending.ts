/**
 * The operations in flight, found by id.
 *
 * A ring of slots: an operation's slot is its id modulo the ring's size. Ids in flight are kept
 * less than one ring apart, so a slot never serves two of them, and a reply finds its operation
 * by one look at an array; the id itself is compared, so a stale reply finds nothing. The server's
 * reply cache has the same shape and the same span: an operation still open is never forgotten
 * there. A map was the road not taken: it hashes and allocates for what a remainder does.
 */

/** Ids in flight are less than this far apart: the depth of the server's reply cache. */
export const OPERATIONS_SPAN = 1024;
/** The span is a power of two, so a mask finds the slot, of ids beyond 32 bits too. */
const SLOT_MASK = OPERATIONS_SPAN - 1;

/** What the ring holds. */
export interface Identified {
  readonly operation: number;
}

/** Operations in flight. */
export class Pending<Item extends Identified> {
  readonly #slots: (Item | undefined)[] = [];
  readonly #max: number;
  /** No id below is in flight. */
  #floor = 0;
  /** The id after the highest ever added. */
  #ceiling = 0;
  #size = 0;

  /** @param max how many may be in flight, at most `OPERATIONS_SPAN`. */
  constructor(max: number) {
    this.#max = max;
    for (let slot = 0; slot < OPERATIONS_SPAN; slot++) this.#slots.push(undefined);
  }

  get size(): number {
    return this.#size;
  }

  /** Whether this id may be added now. Ids are added in rising order. */
  hasRoomFor(operation: number): boolean {
    if (this.#size >= this.#max) return false;
    return this.#size === 0 || operation - this.#lowest() < OPERATIONS_SPAN;
  }

  add(item: Item): void {
    if (this.#size === 0) this.#floor = item.operation;
    this.#slots[item.operation & SLOT_MASK] = item;
    this.#ceiling = item.operation + 1;
    this.#size++;
  }

  /** The operation of this id, or undefined where it is not (or no longer) in flight. */
  get(operation: number): Item | undefined {
    const item = this.#slots[operation & SLOT_MASK];
    return item?.operation === operation ? item : undefined;
  }

  delete(item: Item): void {
    if (this.get(item.operation) !== item) return;
    this.#slots[item.operation & SLOT_MASK] = undefined;
    this.#size--;
  }

  /** All in flight, by rising id: a copy, so that they may settle while it is walked. */
  list(): Item[] {
    const items: Item[] = [];
    for (let id = this.#floor; id < this.#ceiling && items.length < this.#size; id++) {
      const item = this.get(id);
      if (item !== undefined) items.push(item);
    }
    return items;
  }

  #lowest(): number {
    while (this.get(this.#floor) === undefined) this.#floor++;
    return this.#floor;
  }
}
