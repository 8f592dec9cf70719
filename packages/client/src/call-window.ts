/**
 * How many calls ended of late, and how many of them badly: sums over a window that slides.
 *
 * Ten slots of a tenth of the window each; a slot is emptied when its time comes round again. So a
 * call counts for nine to ten tenths of the window, and memory is the same however many there are.
 */

const SLOTS = 10;

/** The calls in the window. */
export interface CallCounts {
  readonly calls: number;
  readonly failures: number;
}

/** The window. */
export class CallWindow {
  readonly #slotUs: number;
  readonly #calls: number[] = Array.from({ length: SLOTS }, () => 0);
  readonly #failures: number[] = Array.from({ length: SLOTS }, () => 0);
  /** The slot that time is in, counted from the epoch of the clock. */
  #current = 0;

  constructor(windowUs: number) {
    this.#slotUs = Math.max(1, Math.ceil(windowUs / SLOTS));
  }

  /** Adds a call that ended now, and tells what the window holds with it. */
  add(nowUs: number, isFailure: boolean): CallCounts {
    this.#slide(Math.floor(nowUs / this.#slotUs));
    const slot = this.#current % SLOTS;
    this.#calls[slot]!++;
    if (isFailure) this.#failures[slot]!++;
    return { calls: sum(this.#calls), failures: sum(this.#failures) };
  }

  clear(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
  }

  #slide(slot: number): void {
    // After a whole window, one round empties every slot.
    for (
      let passed = this.#current + 1;
      passed <= slot && passed <= this.#current + SLOTS;
      passed++
    ) {
      this.#calls[passed % SLOTS] = 0;
      this.#failures[passed % SLOTS] = 0;
    }
    this.#current = Math.max(slot, this.#current);
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
