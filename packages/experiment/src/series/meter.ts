/**
 * Progress of a series: messages settled over all its runs, told about a hundred times.
 */
import type { RunProgress } from "../run/run.ts";
import { messagesInAll } from "../spec/seeds.ts";
import type { FullSpec } from "../spec/types.ts";

const CALLS = 100;

/** See the top of the file. */
export class Meter {
  /** Messages between two calls. */
  readonly step: number;
  readonly #total: number;
  readonly #messages: number;
  readonly #tell: (progress: RunProgress) => void;
  readonly #running = new Map<number, number>();
  #over = 0;
  #told = 0;

  constructor(spec: FullSpec, tell: (progress: RunProgress) => void) {
    this.#total = messagesInAll(spec);
    this.#messages = spec.workload.messages;
    this.#tell = tell;
    this.step = Math.ceil(this.#total / CALLS);
  }

  /** A run has settled so many of its messages. */
  settle(index: number, done: number): void {
    this.#running.set(index, done);
    this.#look();
  }

  /** A run is over, with all its messages. */
  end(index: number): void {
    this.#running.delete(index);
    this.#over += this.#messages;
    this.#look();
  }

  /** The last call. */
  close(): void {
    this.#tell({ done: this.#done(), total: this.#total });
  }

  #done(): number {
    let done = this.#over;
    for (const more of this.#running.values()) done += more;
    return done;
  }

  #look(): void {
    const done = this.#done();
    if (done - this.#told < this.step || done >= this.#total) return;
    this.#told = done;
    this.#tell({ done, total: this.#total });
  }
}
