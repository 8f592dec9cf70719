/**
 * The threads of a series: hands out indexes in ascending order, starts threads as they are
 * needed and a fresh one for each that was lost.
 *
 * A run is tried once. One that takes its thread with it has failed; trying it again would give
 * a simulated run the same end.
 */
import { runsOf } from "../spec/seeds.ts";
import type { ExchangeLine } from "../result/types.ts";
import { AHEAD_MAX, type Ledger, type RunEnd } from "./ledger.ts";
import type { ThreadReport, ThreadSetup } from "./messages.ts";
import { SeriesThread } from "./thread.ts";

/** What a pool works with. */
export interface PoolOptions {
  readonly threads: number;
  readonly setup: ThreadSetup;
  readonly ledger: Pick<Ledger, "head" | "isFull">;
  /** @default run-thread.ts */
  readonly entry?: URL;
  onLines(
    index: number,
    batch: { readonly lines: readonly ExchangeLine[]; readonly taken: (count: number) => void },
  ): void;
  onProgress(index: number, done: number): void;
  onEnd(run: RunEnd): void;
}

/** See the top of the file. */
export class ThreadPool {
  readonly #options: PoolOptions;
  readonly #threads = new Set<SeriesThread>();
  readonly #idle: SeriesThread[] = [];
  readonly #over = Promise.withResolvers<void>();
  #next = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Carries out every run, or what can be done before the signal; no thread is left afterwards.
   *
   * @throws (rejects) what a callback throws
   */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#over.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      else this.#fill();
      await this.#over.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      await Promise.all([...this.#threads].map((thread) => thread.end()));
    }
  }

  /** Gives work to whoever has none. */
  #fill(): void {
    const { ledger, threads, setup } = this.#options;
    if (ledger.isFull) this.#over.resolve();
    const runs = runsOf(setup.spec);
    while (this.#next < runs && this.#next < ledger.head + AHEAD_MAX) {
      const room = this.#threads.size < threads;
      const thread = this.#idle.pop() ?? (room ? this.#start() : undefined);
      if (thread === undefined) return;
      thread.run(this.#next);
      this.#next += 1;
    }
  }

  #start(): SeriesThread {
    const { setup, entry } = this.#options;
    const watcher = {
      onReport: (report: ThreadReport, from: SeriesThread) =>
        this.#guard(() => this.#hear(report, from)),
      onLost: (index: number | undefined, why: string, from: SeriesThread) =>
        this.#guard(() => this.#lose(index, why, from)),
    };
    const thread = new SeriesThread(setup, watcher, entry);
    this.#threads.add(thread);
    return thread;
  }

  #hear(report: ThreadReport, thread: SeriesThread): void {
    const { onLines, onProgress, onEnd } = this.#options;
    switch (report.report) {
      case "progress":
        return onProgress(report.index, report.done);
      case "lines":
        return onLines(report.index, {
          lines: report.lines,
          taken: (count) => thread.linesTaken(count),
        });
      case "finished":
        this.#idle.push(thread);
        onEnd(report.run);
        return this.#fill();
      case "failed":
        return;
      default:
        return report satisfies never;
    }
  }

  #lose(index: number | undefined, why: string, thread: SeriesThread): void {
    this.#threads.delete(thread);
    const at = this.#idle.indexOf(thread);
    if (at !== -1) this.#idle.splice(at, 1);
    if (index !== undefined) this.#options.onEnd({ index, failed: why });
    this.#fill();
  }

  /** What a caller's callback throws is the caller's to catch, not the end of the process. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#over.reject(error);
    }
  }
}
