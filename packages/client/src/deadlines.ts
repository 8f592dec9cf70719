/**
 * Everything that waits for a time, ordered, with one armed timer for all of it.
 *
 * A binary heap by (due time, order of setting), so equal times keep their order. Entries carry
 * their own place in the heap: setting, moving and dropping one costs no allocation. A timer per
 * attempt was the road not taken: it costs more than the rest of a send. The armed timer is not
 * moved when the earliest entry goes away; it fires, finds nothing due and is armed anew.
 */
import type { Clock, Timer } from "@faultline/protocol";

/** Something that waits. The fields but `onDue` belong to `Deadlines`. */
export interface Due {
  dueUs: number;
  dueOrder: number;
  /** Place in the heap, or -1. */
  dueIndex: number;
  /** The time has come. The entry is no longer set and may be set again. */
  onDue(nowUs: number): void;
}

/** The ordered set of entries. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #heap: Due[] = [];
  #order = 0;
  #timer: Timer | undefined;
  #armedUs = Infinity;
  #firing = false;
  readonly #fire = (): void => this.#run();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many entries are set. */
  get size(): number {
    return this.#heap.length;
  }

  /** Sets the entry's time, whether or not it was set before. */
  set(entry: Due, dueUs: number): void {
    if (entry.dueIndex === -1) {
      entry.dueIndex = this.#heap.length;
      this.#heap.push(entry);
    }
    entry.dueUs = dueUs;
    entry.dueOrder = this.#order++;
    this.#place(entry);
    if (!this.#firing) this.#arm();
  }

  /** Takes the entry out; nothing happens where it is not in. */
  delete(entry: Due): void {
    const index = entry.dueIndex;
    if (index === -1) return;
    entry.dueIndex = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    last.dueIndex = index;
    this.#heap[index] = last;
    this.#place(last);
  }

  /** Cancels the armed timer; entries stay, but nothing comes due until the next `set`. */
  disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#armedUs = Infinity;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.dueUs >= this.#armedUs) return;
    this.#timer?.cancel();
    this.#armedUs = first.dueUs;
    this.#timer = this.#clock.setTimer(first.dueUs, this.#fire);
  }

  #run(): void {
    this.#timer = undefined;
    this.#armedUs = Infinity;
    this.#firing = true;
    const nowUs = this.#clock.nowUs();
    try {
      for (;;) {
        const first = this.#heap[0];
        if (first === undefined || first.dueUs > nowUs) break;
        this.delete(first);
        first.onDue(nowUs);
      }
    } finally {
      this.#firing = false;
      this.#arm();
    }
  }

  /** Moves an entry up or down to where it belongs. */
  #place(entry: Due): void {
    const heap = this.#heap;
    let index = entry.dueIndex;
    while (index > 0) {
      const above = heap[(index - 1) >> 1];
      if (above === undefined || !before(entry, above)) break;
      heap[index] = above;
      above.dueIndex = index;
      index = (index - 1) >> 1;
    }
    for (;;) {
      const child = this.#earlierChild(index);
      if (child === undefined || !before(child, entry)) break;
      const childIndex = child.dueIndex;
      heap[index] = child;
      child.dueIndex = index;
      index = childIndex;
    }
    heap[index] = entry;
    entry.dueIndex = index;
  }

  #earlierChild(index: number): Due | undefined {
    const left = this.#heap[2 * index + 1];
    const right = this.#heap[2 * index + 2];
    if (left === undefined || right === undefined) return left;
    return before(right, left) ? right : left;
  }
}

function before(one: Due, other: Due): boolean {
  return one.dueUs < other.dueUs || (one.dueUs === other.dueUs && one.dueOrder < other.dueOrder);
}
