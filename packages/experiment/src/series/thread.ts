/**
 * One thread of a series as the series sees it: an index goes in, reports and an end come out.
 *
 * Every run it is given ends: finished, failed, or with the thread. A thread that saw a run fail
 * is spent, so no run inherits another one's trouble; one that finished cleanly takes the next.
 */
import { Worker, resourceLimits } from "node:worker_threads";
import { threadEntry } from "./entry.ts";
import type { ThreadOrder, ThreadReport, ThreadSetup } from "./messages.ts";
import { messageOf } from "./messages.ts";

/** Who is told. */
export interface ThreadWatcher {
  onReport(report: ThreadReport, thread: SeriesThread): void;
  /** It is gone, or of no use any more; `index` is the run it takes with it, if it had one. */
  onLost(index: number | undefined, why: string, thread: SeriesThread): void;
}

/** @see module */
export class SeriesThread {
  readonly #worker: Worker;
  readonly #watcher: ThreadWatcher;
  #index: number | undefined;
  #gone = false;

  /** @param entry @default run-thread.ts */
  constructor(setup: ThreadSetup, watcher: ThreadWatcher, entry: URL = threadEntry("#run-thread")) {
    this.#watcher = watcher;
    // a thread of a bounded thread is bounded alike
    this.#worker = new Worker(entry, { workerData: setup, resourceLimits: { ...resourceLimits } });
    this.#worker.on("message", (report: ThreadReport) => this.#hear(report));
    this.#worker.on("error", (error: unknown) =>
      this.#lose(`its thread crashed: ${messageOf(error)}`),
    );
    this.#worker.on("exit", () => this.#lose("its thread ended"));
  }

  /** Gives it a run; only when it has none. */
  run(index: number): void {
    this.#index = index;
    this.#post({ order: "run", index });
  }

  /** Lines it sent are out of the way. */
  linesTaken(count: number): void {
    if (!this.#gone) this.#post({ order: "lines-taken", count });
  }

  /** Ends it, whatever it is doing; nothing is told any more. */
  async end(): Promise<void> {
    this.#gone = true;
    await this.#worker.terminate();
  }

  #post(order: ThreadOrder): void {
    this.#worker.postMessage(order);
  }

  #hear(report: ThreadReport): void {
    if (this.#gone) return;
    if (report.report === "failed") {
      this.#lose(report.message);
      void this.end();
      return;
    }
    if (report.report === "finished") this.#index = undefined;
    this.#watcher.onReport(report, this);
  }

  /** The first reason is the reason; the exit after a crash adds nothing. */
  #lose(why: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#watcher.onLost(this.#index, why, this);
  }
}
