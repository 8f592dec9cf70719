/**
 * Fetches the server's fault records as messages settle, and lets their lines go.
 *
 * One fetch at a time: what settles meanwhile waits for the next, so a slow server makes larger
 * batches and not more of them. When too many lines wait, the workload is paused.
 */
import type { Timer } from "@faultline/protocol";
import type { Settled } from "./driver.ts";
import { Lines, type LinesOptions } from "./lines.ts";
import type { World } from "./port.ts";

/** What a feed works with. */
export interface FeedOptions extends LinesOptions {
  readonly world: Pick<World, "clock" | "takeRecords">;
  /** Too many lines wait. */
  onFull(): void;
  /** They wait no more. */
  onRoom(): void;
  onError(error: unknown): void;
}

/** Lines that may wait for their records before the workload is paused: some MiB. */
const WAITING_MAX = 8_192;
/** Lines that are worth a fetch at once. */
const BATCH = 256;
/** Longest a line waits for others to be fetched with, in µs. */
const PATIENCE_US = 20_000;

/** See the top of the file. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #lines: Lines;
  /** Without a fault there is nothing to fetch. */
  readonly #plain: boolean;
  #fetching: Promise<void> | undefined;
  #timer: Timer | undefined;
  #full = false;
  #broken = false;

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
    if (this.#fetching !== undefined || this.#broken) return;
    if (this.#lines.waiting >= BATCH) this.#fetch();
    else this.#timer ??= this.#wake();
  }

  /** Lets the last lines go. Nothing may settle after this. */
  async finish(): Promise<void> {
    while (this.#lines.waiting > 0 && !this.#broken) {
      if (this.#fetching === undefined) this.#fetch();
      await this.#fetching;
    }
    this.#timer?.cancel();
  }

  #wake(): Timer {
    const { clock } = this.#options.world;
    return clock.setTimer(clock.nowUs() + PATIENCE_US, () => {
      if (this.#fetching === undefined) this.#fetch();
    });
  }

  #fetch(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const settledBefore = this.#lines.waiting;
    const fetched = this.#options.world.takeRecords().then((records) => {
      this.#fetching = undefined;
      this.#lines.take(records, settledBefore);
      this.#afterFetch();
    });
    this.#fetching = fetched.catch((error: unknown) => {
      this.#broken = true;
      this.#options.onError(error);
    });
  }

  #afterFetch(): void {
    const { waiting } = this.#lines;
    if (this.#full && waiting < WAITING_MAX / 2) {
      this.#full = false;
      this.#options.onRoom();
    }
    if (this.#fetching !== undefined || waiting === 0) return;
    if (waiting >= BATCH) this.#fetch();
    else this.#timer ??= this.#wake();
  }
}
