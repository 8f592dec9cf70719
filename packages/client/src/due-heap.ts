/**
 * A binary heap of entries by (due time, order of setting), which know their own place in it.
 *
 * Knowing the place is what makes taking one out from the middle cheap: no search, no dead
 * entries that wait to be skipped.
 */

/** What is ordered; `dueIndex` belongs to the heap, -1 means not in it. */
export interface HeapEntry {
  dueUs: number;
  dueOrder: number;
  dueIndex: number;
}

/** The heap. */
export class DueHeap<Entry extends HeapEntry> {
  readonly #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest entry. */
  get first(): Entry | undefined {
    return this.#entries[0];
  }

  /** Puts an entry in, or to its new place where its time has changed. */
  put(entry: Entry): void {
    if (entry.dueIndex === -1) {
      entry.dueIndex = this.#entries.length;
      this.#entries.push(entry);
    }
    this.#place(entry);
  }

  /** Takes an entry out; it must be in. */
  delete(entry: Entry): void {
    const index = entry.dueIndex;
    entry.dueIndex = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    last.dueIndex = index;
    this.#entries[index] = last;
    this.#place(last);
  }

  /** Moves an entry up or down to where it belongs. */
  #place(entry: Entry): void {
    const entries = this.#entries;
    let index = entry.dueIndex;
    while (index > 0) {
      const above = entries[(index - 1) >> 1];
      if (above === undefined || !isBefore(entry, above)) break;
      entries[index] = above;
      above.dueIndex = index;
      index = (index - 1) >> 1;
    }
    for (;;) {
      const child = this.#earlierChild(index);
      if (child === undefined || !isBefore(child, entry)) break;
      const childIndex = child.dueIndex;
      entries[index] = child;
      child.dueIndex = index;
      index = childIndex;
    }
    entries[index] = entry;
    entry.dueIndex = index;
  }

  #earlierChild(index: number): Entry | undefined {
    const left = this.#entries[2 * index + 1];
    const right = this.#entries[2 * index + 2];
    if (left === undefined || right === undefined) return left;
    return isBefore(right, left) ? right : left;
  }
}

/** Earlier, or at the same time and set before. */
export function isBefore(one: HeapEntry, other: HeapEntry): boolean {
  return one.dueUs < other.dueUs || (one.dueUs === other.dueUs && one.dueOrder < other.dueOrder);
}
