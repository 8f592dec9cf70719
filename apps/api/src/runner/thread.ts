/**
 * One worker thread that carries out runs, one after the other.
 *
 * Every run ends in an outcome: its result, its own error, a crash of the thread, or an end
 * forced here when it does not obey. A thread that saw anything but a clean result is spent and
 * never used again, so no run inherits another one's trouble.
 *
 *   service thread                      run's thread (run-worker.ts)
 *   carryOut ------- run ------------>  runExperiment
 *   onProgress, onExchanges <---------  progress, exchanges
 *   signal --------- stop ----------->  signal
 *   outcome <-------------------------  end | error | (crash)
 */

import { Worker } from "node:worker_threads";
import type { FullSpec } from "@faultline/experiment";
import type { Clock } from "../clock.ts";
import type { Tally } from "../observe/tally.ts";
import type { RunTask } from "../runs/task.ts";
import { Ahead } from "./ahead.ts";
import type { ThreadCommand, ThreadReport, ThreadSetup } from "./messages.ts";
import type { RunOutcome, RunWatch } from "./runner.ts";

/** How threads are made. */
export interface ThreadOptions {
  readonly clock: Clock;
  /** JavaScript heap of a run in MiB; beyond it the run crashes, not the service. */
  readonly runMemoryMiBMax: number;
  readonly wallMsMax: number;
  /** Threads over which a run may spread its seeds. */
  readonly threadsMax: number;
  /** The thread's entry. */
  readonly entry: URL;
}

/** A run told to stop has so long to give its partial result; then its thread is ended. */
const OBEY_MS = 5000;

/** The experiment's own wall limit lies this far above the service's, which names the reason better. */
const WALL_MARGIN_MS = 10_000;

/** So many runs, then a fresh thread: whatever a run leaves behind cannot add up for ever. */
const RUNS_PER_THREAD = 100;

interface Current {
  readonly watch: RunWatch;
  readonly settle: (outcome: RunOutcome) => void;
}

/** A thread. `end` must be called when it is not used any more. */
export class RunThread {
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  readonly #exited = Promise.withResolvers<void>();
  readonly #ahead = new Ahead();
  #current: Current | undefined;
  #runs = 0;
  #spent = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(options.entry, {
      workerData: { ahead: this.#ahead.shared } satisfies ThreadSetup,
      resourceLimits: { maxOldGenerationSizeMb: options.runMemoryMiBMax },
    });
    this.#worker.on("message", (report: ThreadReport) => this.#hear(report));
    this.#worker.on("error", (error) => this.#fail(crash(error)));
    this.#worker.on("exit", () => {
      this.#fail(failed("run-crashed", "the run's thread ended without a result"));
      this.#exited.resolve();
    });
  }

  /** Whether another run may be given to it. */
  get reusable(): boolean {
    return !this.#spent && this.#runs < RUNS_PER_THREAD;
  }

  /** Carries one run out; never rejects. Only one at a time. */
  async carryOut(spec: FullSpec, watch: RunWatch, task: RunTask): Promise<RunOutcome> {
    const { promise, resolve } = Promise.withResolvers<RunOutcome>();
    this.#current = { watch, settle: resolve };
    this.#runs += 1;
    const number = this.#runs;
    const { threadsMax } = this.#options;
    const wallMsMax = this.#options.wallMsMax + WALL_MARGIN_MS;
    let disarm = (): void => {};
    const stop = (): void => {
      this.#spent = true;
      this.#post({ kind: "stop", number, reason: String(watch.signal.reason) });
      disarm = this.#options.clock.after(OBEY_MS, () => void this.#worker.terminate());
    };
    this.#post({ kind: "run", number, spec, task, wallMsMax, threadsMax });
    if (watch.signal.aborted) stop();
    else watch.signal.addEventListener("abort", stop, { once: true });
    const outcome = await promise;
    this.#current = undefined;
    disarm();
    watch.signal.removeEventListener("abort", stop);
    return outcome;
  }

  /** Ends the thread and waits until it is gone. */
  async end(): Promise<void> {
    this.#spent = true;
    await this.#worker.terminate();
    await this.#exited.promise;
  }

  #post(command: ThreadCommand): void {
    this.#worker.postMessage(command);
  }

  /** Passes a report on; the last one is the outcome. */
  #hear(report: ThreadReport): void {
    switch (report.kind) {
      case "progress":
        return this.#current?.watch.onProgress(report.progress);
      case "exchanges":
        return void this.#pass(report.lines, report.tally);
      case "capture":
        return void this.#current?.watch.onCapture(report.bytes);
      case "end":
        return this.#current?.settle({ ...report, kind: "result" });
      case "error":
        return this.#fail(failed("run-failed", firstLine(report.message)));
      default:
        report satisfies never;
    }
  }

  async #pass(lines: readonly string[], tally: Tally): Promise<void> {
    try {
      await this.#current?.watch.onExchanges(lines, tally);
    } finally {
      this.#ahead.take(lines.length);
    }
  }

  /** The first failure is the outcome; the exit that follows a crash adds nothing. */
  #fail(outcome: RunOutcome): void {
    this.#spent = true;
    this.#current?.settle(outcome);
  }
}

function crash(error: unknown): RunOutcome {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ERR_WORKER_OUT_OF_MEMORY") {
    return failed("run-crashed", "the run used more memory than allowed (runMemoryMiBMax)");
  }
  const text = error instanceof Error ? error.message : String(error);
  return failed("run-crashed", `the run's thread crashed: ${firstLine(text)}`);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function failed(code: "run-crashed" | "run-failed", message: string): RunOutcome {
  return { kind: "failed", code, message };
}
