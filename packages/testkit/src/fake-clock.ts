/**
 * Time that stands still until a test moves it.
 *
 * Timers fire in the order of (due time, sequence of setting), deferred work right after the
 * event that asked for it, as microtasks do. Nothing here is a promise and nothing waits: a test
 * that needs an hour takes none. Not a simulator: one queue, no fabric, no digest.
 */
import type { Clock, Timer } from "@faultline/protocol";

interface Entry extends Timer {
  readonly atUs: number;
  readonly run: () => void;
}

/** A clock for tests. Deferred work runs at the next `advance` when set outside a timer. */
export class FakeClock implements Clock {
  #nowUs: number;
  /** Sorted by due time; equal ones in the order in which they were set. */
  readonly #timers: Entry[] = [];
  readonly #deferred: (() => void)[] = [];

  /** @param nowUs where time begins. @default 0 */
  constructor(nowUs = 0) {
    this.#nowUs = nowUs;
  }

  /** Timers that are set and neither fired nor cancelled. */
  get timersPending(): number {
    return this.#timers.length;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  setTimer(atUs: number, run: () => void): Timer {
    const timers = this.#timers;
    const cancel = (): void => {
      const index = timers.indexOf(entry);
      if (index >= 0) timers.splice(index, 1);
    };
    const entry: Entry = { atUs: Math.max(atUs, this.#nowUs), run, cancel };
    let index = timers.length;
    while (index > 0 && timers[index - 1]!.atUs > entry.atUs) index--;
    timers.splice(index, 0, entry);
    return entry;
  }

  defer(run: () => void): void {
    this.#deferred.push(run);
  }

  /** Moves time on by `us` microseconds and runs everything that falls due, in order. */
  advance(us: number): void {
    const untilUs = this.#nowUs + us;
    this.#runDeferred();
    for (;;) {
      const first = this.#timers[0];
      if (first === undefined || first.atUs > untilUs) break;
      this.#step(first);
    }
    this.#nowUs = untilUs;
  }

  /**
   * Runs until no timer and no deferred work is left. Time stops at the last event.
   *
   * @param eventsMax guards against timers that set themselves again. @default 100_000
   * @throws {Error} when that many events did not suffice.
   */
  runUntilIdle(eventsMax = 100_000): void {
    if (!this.runUntil(() => this.#timers.length === 0, eventsMax)) {
      throw new Error(`Still busy after ${eventsMax} events, at ${this.#nowUs} µs.`);
    }
  }

  /**
   * Runs one event after the other until `done` holds.
   *
   * @returns whether it came to hold before the events, or `eventsMax`, ran out.
   */
  runUntil(done: () => boolean, eventsMax = 100_000): boolean {
    this.#runDeferred();
    for (let events = 0; events < eventsMax; events++) {
      if (done()) return true;
      const first = this.#timers[0];
      if (first === undefined) return false;
      this.#step(first);
    }
    return done();
  }

  #step(first: Entry): void {
    this.#timers.shift();
    this.#nowUs = first.atUs;
    first.run();
    this.#runDeferred();
  }

  #runDeferred(): void {
    for (let run = this.#deferred.shift(); run !== undefined; run = this.#deferred.shift()) run();
  }
}
