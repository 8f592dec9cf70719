/**
 * Fetches the server's fault records as messages settle, and lets their lines go.
 *
 * A line waits until it is complete (lines.ts), then for a fetch. One fetch at a time, and whatever has settled
 * meanwhile goes with the next: a slow server makes larger batches and not more of them. When too
 * many lines wait, the workload is paused.
 */
import type { Settled } from "./driver.ts";
import { LINE_GRACE_US, Lines, type LinesOptions } from "./lines.ts";
import type { World } from "./port.ts";

/** What a feed works with. */
export interface FeedOptions extends LinesOptions {
  readonly world: Pick<World, "clock" | "takeEndings" | "takeRecords">;
  /** Too many lines wait. */
  onFull(): void;
  /** They wait no more. */
  onRoom(): void;
  onError(error: unknown): void;
}

/** Lines that may wait for their records before the workload is paused: some ten MiB. */
const WAITING_MAX = 32_768;
/** See the top of the file. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #lines: Lines;
  /** Without a fault there is nothing to fetch. */
  readonly #plain: boolean;
  /** A fetch is under way, or will be. */
  #busy = false;
  #full = false;
  #broken = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#lines = new Lines(options);
    this.#plain = options.faultIds.length === 0;
  }

  /** A message is on its way. */
  open(client: number, message: number): void {
    if (!this.#plain) this.#lines.open(client, message);
  }

  /** A message has its outcome. */
  settle(settled: Settled): void {
    this.#lines.settle(settled);
    if (this.#plain) {
      this.#lines.take([], this.#lines.waiting);
      return;
    }
    if (this.#lines.waiting >= WAITING_MAX && !this.#full) {
      this.#full = true;
      this.#options.onFull();
    }
    this.#schedule();
  }

  /** Lets the last lines go; resolves when they are gone. Nothing may settle after this. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      this.#schedule();
    });
  }

  /** Sees to it that a fetch comes, where a line waits for one. */
  #schedule(): void {
    if (this.#broken || this.#lines.waiting === 0) {
      this.#onEmpty?.();
      return;
    }
    if (this.#busy) return;
    this.#busy = true;
    const { clock } = this.#options.world;
    clock.setTimer(clock.nowUs() + LINE_GRACE_US, () => this.#fetch());
  }

  #fetch(): void {
    const { world, onError } = this.#options;
    const atOnce = this.#full || this.#onEmpty !== undefined;
    const nowUs = world.clock.nowUs();
    const complete = this.#lines.complete(nowUs, atOnce);
    // In this order: whatever a connection has left is there when its end is.
    Promise.all([world.takeEndings(), world.takeRecords()]).then(
      ([endings, records]) => {
        this.#lines.hear(endings);
        this.#lines.take(records, this.#lines.vouched(complete, nowUs));
        this.#busy = false;
        this.#afterFetch();
      },
      (error: unknown) => {
        this.#broken = true;
        onError(error);
        this.#onEmpty?.();
      },
    );
  }

  #afterFetch(): void {
    if (this.#full && this.#lines.waiting < WAITING_MAX / 2) {
      this.#full = false;
      this.#options.onRoom();
    }
    this.#schedule();
  }
}
