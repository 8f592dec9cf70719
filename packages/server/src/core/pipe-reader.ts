/**
 * A pipe decoder with its timer: after a while of silence, what fits nothing is damaged.
 *
 * The pipe codec has neither length nor terminator, so bytes that are left over may be half a
 * message or a damaged one. The decoder knows what it could be; only this knows the time.
 */
import type { PipeItem, PipeLimits } from "@faultline/protocol";
import { PIPE_SETTLE_MS, PipeDecoder } from "@faultline/protocol";
import type { Conversation } from "./conversation.ts";
import type { Due, Schedule } from "./schedule.ts";

/** What a reader needs. */
export interface PipeReaderOptions {
  readonly limits: PipeLimits;
  readonly schedule: Schedule;
  readonly conversation: Pick<Conversation, "isOver" | "settle">;
  /** Called for each thing read; `failed` when nothing more can be. */
  readonly take: (item: PipeItem, failed: boolean) => void;
}

/** @see module */
export class PipeReader {
  readonly #options: PipeReaderOptions;
  readonly #decoder: PipeDecoder;
  #quiet: Due | undefined;

  constructor(options: PipeReaderOptions) {
    this.#options = options;
    this.#decoder = new PipeDecoder(options.limits);
  }

  get bufferedBytes(): number {
    return this.#decoder.bufferedBytes;
  }

  read(bytes: Uint8Array): void {
    this.#cancel();
    this.#decoder.push(bytes);
    this.#drain();
    if (this.#decoder.bufferedBytes === 0 || this.#options.conversation.isOver) return;
    this.#quiet = this.#options.schedule.later(PIPE_SETTLE_MS * 1000, () => {
      this.#quiet = undefined;
      this.#decoder.settle();
      this.#drain();
      this.#options.conversation.settle();
    });
  }

  end(): void {
    this.#cancel();
    this.#decoder.flush();
    this.#drain();
  }

  close(): void {
    this.#cancel();
  }

  #drain(): void {
    const { conversation, take } = this.#options;
    while (!conversation.isOver) {
      const item = this.#decoder.next();
      if (item === undefined) return;
      take(item, this.#decoder.failed);
    }
  }

  #cancel(): void {
    if (this.#quiet !== undefined) this.#options.schedule.remove(this.#quiet);
    this.#quiet = undefined;
  }
}
