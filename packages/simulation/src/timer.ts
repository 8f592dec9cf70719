/**
 * A timer: the one kind of event that calls a function, and that its owner can cancel.
 */
import type { Timer } from "@faultline/protocol";
import type { Owner } from "./event.ts";
import { EventKind, KernelEvent } from "./event.ts";

/** Who takes a cancelled event out of the queue. */
export interface Canceller {
  cancel(event: KernelEvent): void;
}

/** Calls `run` once. */
export class TimerEvent extends KernelEvent implements Timer {
  readonly #canceller: Canceller;
  readonly #run: () => void;

  constructor(canceller: Canceller, owner: Owner, run: () => void) {
    super(owner, EventKind.timer);
    this.#canceller = canceller;
    this.#run = run;
  }

  cancel(): void {
    this.#canceller.cancel(this);
  }

  fire(): void {
    this.#run();
  }

  describe(): string {
    return `timer of ${this.owner.name}`;
  }
}
