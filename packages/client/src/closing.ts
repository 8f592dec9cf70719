/**
 * The end of a client: lets what is open settle, then ends the line.
 *
 * Every message has a deadline, so waiting for all of them ends by itself; a grace period only
 * makes it sooner. Ending twice is harmless: everybody who asked is told.
 */
import type { Due } from "./deadlines.ts";
import type { Flow } from "./flow.ts";

/** The closing of one client. */
export class Closing implements Due {
  readonly #flow: Flow;
  #at: "open" | "draining" | "ending" | "closed" = "open";
  readonly #waiting: (() => void)[] = [];
  dueUs: number = Infinity;
  dueOrder = 0;
  dueIndex = -1;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Whether closing has begun: no message is let in any more. */
  get isClosing(): boolean {
    return this.#at !== "open";
  }

  /**
   * Begins, or shortens the grace.
   *
   * @param untilUs when the patience ends, or undefined: when the last message has settled.
   */
  begin(untilUs: number | undefined, closed: () => void): void {
    if (this.#at === "closed") {
      closed();
      return;
    }
    this.#waiting.push(closed);
    if (this.#at === "open") this.#at = "draining";
    if (untilUs !== undefined && untilUs < this.dueUs) this.#flow.deadlines.set(this, untilUs);
    this.check();
  }

  /** The grace is over. */
  onDue(): void {
    this.#flow.abandonAll();
  }

  /** To be called whenever a message has settled. */
  check(): void {
    if (this.#at !== "draining" || this.#flow.inFlight + this.#flow.queued > 0) return;
    this.#at = "ending";
    this.#flow.deadlines.delete(this);
    this.#flow.finish(() => this.#finished());
  }

  #finished(): void {
    this.#at = "closed";
    this.#flow.deadlines.disarm();
    for (const closed of this.#waiting.splice(0)) closed();
  }
}
