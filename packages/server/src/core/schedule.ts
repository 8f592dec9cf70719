/**
 * What is due later, ordered by time and, for equal times, by the order in which it was asked.
 *
 * A binary heap with one timer armed for its first entry, however many entries there are: a
 * thousand delayed messages cost one timer. An entry knows its place, so that taking it out costs
 * no search. It is an entry's `run` that acts; the schedule knows nothing of messages.
 */
import type { Clock, Timer } from "@faultline/protocol";

/** One thing that is due. Made by `Schedule.later`. */
export interface Due {
  readonly dueUs: number;
  readonly sequence: number;
  /** Place in the heap; -1 once it has run or was removed. */
  place: number;
  readonly run: () => void;
}

/** @see module */
export class Schedule {
  readonly #clock: Clock;
  readonly #heap: Due[] = [];
  #sequence = 0;
  #timer: Timer | undefined;
  #timerUs = 0;
  #running = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Runs `run` once, in `delayUs` or as soon after as the clock can. */
  later(delayUs: number, run: () => void): Due {
    const dueUs = this.#clock.nowUs() + delayUs;
    const due: Due = { dueUs, sequence: this.#sequence++, place: this.#heap.length, run };
    this.#heap.push(due);
    this.#rise(due);
    if (due.place === 0) this.#arm();
    return due;
  }

  /** Takes the entry out; does nothing when it has run or was removed before. */
  remove(due: Due): void {
    const { place } = due;
    if (place < 0) return;
    due.place = -1;
    const last = this.#heap.pop()!;
    if (last !== due) {
      this.#put(last, place);
      this.#rise(last);
      this.#sink(last);
    }
    if (place === 0) this.#arm();
  }

  #fire(): void {
    this.#timer = undefined;
    const nowUs = this.#clock.nowUs();
    this.#running = true;
    try {
      for (let first = this.#heap[0]; first && first.dueUs <= nowUs; first = this.#heap[0]) {
        this.remove(first);
        first.run();
      }
    } finally {
      this.#running = false;
      this.#arm();
    }
  }

  /** One timer, for the first entry. Left alone while entries run: they are looked at anyway. */
  #arm(): void {
    if (this.#running) return;
    const first = this.#heap[0];
    if (this.#timer !== undefined) {
      if (first !== undefined && first.dueUs === this.#timerUs) return;
      this.#timer.cancel();
      this.#timer = undefined;
    }
    if (first === undefined) return;
    this.#timerUs = first.dueUs;
    this.#timer = this.#clock.setTimer(first.dueUs, () => this.#fire());
  }

  #rise(due: Due): void {
    while (due.place > 0) {
      const above = this.#heap[(due.place - 1) >> 1]!;
      if (!isBefore(due, above)) return;
      this.#swap(due, above);
    }
  }

  #sink(due: Due): void {
    for (;;) {
      const left = this.#heap[2 * due.place + 1];
      if (left === undefined) return;
      const right = this.#heap[2 * due.place + 2];
      const next = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(next, due)) return;
      this.#swap(next, due);
    }
  }

  #swap(one: Due, other: Due): void {
    const { place } = one;
    this.#put(one, other.place);
    this.#put(other, place);
  }

  #put(due: Due, place: number): void {
    this.#heap[place] = due;
    due.place = place;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.dueUs < other.dueUs || (one.dueUs === other.dueUs && one.sequence < other.sequence);
}
