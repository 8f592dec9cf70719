/**
 * First in, first out, so many at once: only ids and counting, no promise and no clock.
 *
 * A place is reserved before the run is saved and filled afterwards, so that two requests that
 * arrive together cannot both take the last one.
 */

/** How many may run and how many may wait. */
export interface QueueLimits {
  readonly runsAtOnceMax: number;
  readonly queuedRunsMax: number;
}

/** The waiting line and the set of running ids. */
export class Queue {
  readonly #limits: QueueLimits;
  readonly #waiting: string[] = [];
  readonly #running = new Set<string>();
  #reserved = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Takes a place for a run about to be saved; false if there is none. */
  reserve(): boolean {
    const { queuedRunsMax, runsAtOnceMax } = this.#limits;
    const taken = this.#reserved + this.#waiting.length + this.#running.size;
    if (taken >= queuedRunsMax + runsAtOnceMax) return false;
    this.#reserved += 1;
    return true;
  }

  /** Gives a reserved place back unused. */
  release(): void {
    this.#reserved -= 1;
  }

  /** Fills a reserved place. */
  add(id: string): void {
    this.#reserved -= 1;
    this.#waiting.push(id);
  }

  /** Puts a run that was accepted before a restart at the end, whatever the limit says now. */
  restore(id: string): void {
    this.#waiting.push(id);
  }

  /** Takes a waiting run out; false if it does not wait. */
  remove(id: string): boolean {
    const index = this.#waiting.indexOf(id);
    if (index >= 0) this.#waiting.splice(index, 1);
    return index >= 0;
  }

  /** The next run whose turn it is, now counted as running. */
  next(): string | undefined {
    if (this.#running.size >= this.#limits.runsAtOnceMax) return undefined;
    const id = this.#waiting.shift();
    if (id !== undefined) this.#running.add(id);
    return id;
  }

  /** A running run has ended. */
  done(id: string): void {
    this.#running.delete(id);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get running(): number {
    return this.#running.size;
  }
}
