/**
 * The runner that gives every run a worker thread of its own.
 *
 * The thread's end is always an outcome: its result, its own error, a crash, or an end forced
 * here when it does not obey. A pool of threads kept warm was the road not taken: a start costs
 * tens of milliseconds, and a fresh thread owes nothing to the run before.
 *
 *   service thread                      run's thread (run-worker.ts)
 *   run(spec) ---- workerData ------->  runExperiment
 *   onProgress, onExchanges <---------  progress, exchanges
 *   signal ------- stop ------------->  signal
 *   outcome <--------------------------  end | error | (crash)
 */

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { Clock } from "../clock.ts";
import type { ThreadCommand, ThreadReport, ThreadStart } from "./messages.ts";
import type { Runner, RunOutcome, RunWatch } from "./runner.ts";

/** How threads are made. */
export interface ThreadRunnerOptions {
  readonly clock: Clock;
  /** JavaScript heap of one run in MiB; beyond it the run crashes, not the service. */
  readonly runMemoryMiBMax: number;
  readonly wallMsMax: number;
  /** The thread's entry. @default run-worker.ts */
  readonly entry?: URL;
}

/** A run told to stop has so long to give its partial result; then its thread is ended. */
const OBEY_MS = 5000;

/** The runner's own wall limit lies this far above the service's, which names the reason better. */
const WALL_MARGIN_MS = 10_000;

/** `import.meta.resolve` would do, but a test runner replaces it and in Deno its stand-in fails. */
function defaultEntry(): URL {
  return pathToFileURL(createRequire(import.meta.url).resolve("#run-worker"));
}

/** Makes the runner. */
export function makeThreadRunner(options: ThreadRunnerOptions): Runner {
  const entry = options.entry ?? defaultEntry();
  return {
    run(spec, watch) {
      const start: ThreadStart = { spec, wallMsMax: options.wallMsMax + WALL_MARGIN_MS };
      const worker = new Worker(entry, {
        workerData: start,
        resourceLimits: { maxOldGenerationSizeMb: options.runMemoryMiBMax },
      });
      return superviseThread(worker, watch, options.clock);
    },
  };
}

/** Listens to a thread until it has ended; never rejects. */
async function superviseThread(worker: Worker, watch: RunWatch, clock: Clock): Promise<RunOutcome> {
  const ended = Promise.withResolvers<void>();
  let outcome: RunOutcome | undefined;
  let disarm = (): void => {};
  const stop = (): void => {
    const command: ThreadCommand = { kind: "stop", reason: String(watch.signal.reason) };
    worker.postMessage(command);
    disarm = clock.after(OBEY_MS, () => void worker.terminate());
  };
  worker.on("message", (report: ThreadReport) => {
    outcome ??= hear(report, watch);
    if (outcome !== undefined) void worker.terminate();
  });
  worker.on("error", (error) => (outcome ??= crashed(error)));
  worker.on("exit", () => ended.resolve());
  if (watch.signal.aborted) stop();
  else watch.signal.addEventListener("abort", stop, { once: true });
  await ended.promise;
  disarm();
  watch.signal.removeEventListener("abort", stop);
  return outcome ?? failed("run-crashed", "the run's thread ended without a result");
}

/** Passes a report on; the last one is the outcome. */
function hear(report: ThreadReport, watch: RunWatch): RunOutcome | undefined {
  switch (report.kind) {
    case "progress":
      watch.onProgress(report.progress);
      return undefined;
    case "exchanges":
      watch.onExchanges(report.lines);
      return undefined;
    case "end":
      return { kind: "result", result: report.result };
    case "error":
      return failed("run-failed", report.message);
    default:
      return report satisfies never;
  }
}

function crashed(error: unknown): RunOutcome {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ERR_WORKER_OUT_OF_MEMORY") {
    return failed("run-crashed", "the run used more memory than allowed (runMemoryMiBMax)");
  }
  return failed("run-crashed", `the run's thread crashed: ${firstLine(error)}`);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "";
}

function failed(code: "run-crashed" | "run-failed", message: string): RunOutcome {
  return { kind: "failed", code, message };
}
