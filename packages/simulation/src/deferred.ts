/**
 * Calls that wait for the end of the current event: first in, first out, the ones that these
 * defer in turn among them. A call of an owner that was paused meanwhile is kept for it; one of
 * a dead owner is forgotten.
 */
import type { Owner } from "./event.ts";
import { Mode } from "./event.ts";
import type { Canceller } from "./timer.ts";
import { TimerEvent } from "./timer.ts";

/** The calls deferred. The arrays keep their length, since they empty after almost every event. */
export class Deferred {
  readonly #canceller: Canceller;
  readonly #runs: ((() => void) | undefined)[] = [];
  readonly #owners: (Owner | undefined)[] = [];
  #head = 0;
  #end = 0;

  constructor(canceller: Canceller) {
    this.#canceller = canceller;
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  push(run: () => void, owner: Owner): void {
    const index = this.#end++;
    this.#runs[index] = run;
    this.#owners[index] = owner;
  }

  /** Makes the next call. One that throws is not made again. @returns false when there is none. */
  next(): boolean {
    if (this.#head === this.#end) {
      this.#head = 0;
      this.#end = 0;
      return false;
    }
    const index = this.#head++;
    const run = this.#runs[index] as () => void;
    const owner = this.#owners[index] as Owner;
    this.#runs[index] = undefined;
    this.#owners[index] = undefined;
    if (owner.mode === Mode.running) run();
    else if (owner.mode === Mode.paused) owner.hold(new TimerEvent(this.#canceller, owner, run));
    return true;
  }
}
