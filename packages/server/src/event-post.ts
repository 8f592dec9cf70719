/**
 * Events on their way from a worker to the main thread: in batches, and never without end.
 *
 * A batch leaves when it is large or a few milliseconds old, so that an event costs no message of
 * its own. The main thread says how many it has taken; when more than `eventsPendingMax` are under
 * way, further ones are dropped and counted, and an event says so once there is room again.
 */
import type { Clock, Timer } from "@faultline/protocol";
import type { ServerEvent } from "./event.ts";

const BATCH_EVENTS = 512;
const BATCH_AGE_US = 2000;

/** @see module */
export class EventPost {
  /** Events that were dropped, ever. */
  dropped = 0;
  readonly #clock: Clock;
  readonly #pendingMax: number;
  readonly #post: (events: readonly ServerEvent[]) => void;
  #batch: ServerEvent[] = [];
  #untaken = 0;
  #droppedUntold = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, pendingMax: number, post: (events: readonly ServerEvent[]) => void) {
    this.#clock = clock;
    this.#pendingMax = pendingMax;
    this.#post = post;
  }

  add(event: ServerEvent): void {
    if (this.#untaken >= this.#pendingMax) {
      this.dropped++;
      this.#droppedUntold++;
      return;
    }
    if (this.#droppedUntold > 0) {
      const { atUs, worker } = event;
      this.#push({ event: "events-dropped", times: this.#droppedUntold, atUs, worker });
      this.#droppedUntold = 0;
    }
    this.#push(event);
  }

  /** The main thread has taken so many. */
  taken(count: number): void {
    this.#untaken -= count;
  }

  /** Sends what there is, so that it arrives before whatever is posted next. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#post(batch);
  }

  #push(event: ServerEvent): void {
    this.#untaken++;
    this.#batch.push(event);
    if (this.#batch.length >= BATCH_EVENTS) this.flush();
    else {
      this.#timer ??= this.#clock.setTimer(this.#clock.nowUs() + BATCH_AGE_US, () => this.flush());
    }
  }
}
