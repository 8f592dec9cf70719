/**
 * The thread of a run: carries out one experiment at a time and reports.
 *
 * A busy experiment here cannot hold up the thread that answers HTTP, and a crash here takes
 * one run with it. Exchanges are sent in batches: when enough have come together, when progress
 * is reported, and before the end, so that the order of what arrives is the order of what was.
 * With too many of them on their way the run waits (ahead.ts).
 */

import { parentPort, workerData } from "node:worker_threads";
import {
  compareSpecs,
  type ExchangeLine,
  runExperiment,
  searchSeeds,
  shrink,
  wasAborted,
} from "@faultline/experiment";
import { faultKinds, tallyOf } from "./observe/tally.ts";
import { Ahead } from "./runner/ahead.ts";
import type { ThreadCommand, ThreadReport, ThreadSetup } from "./runner/messages.ts";
import type { Progress } from "./runs/run.ts";
import type { RunResult } from "./runs/task.ts";

const LINES_PER_BATCH = 128;

const port = parentPort;
if (port === null) throw new Error("run-worker.ts is the entry of a worker thread");

const ahead = new Ahead((workerData as ThreadSetup).ahead);
let current: { readonly number: number; readonly abort: AbortController } | undefined;

function report(message: ThreadReport): void {
  port?.postMessage(message);
}

type RunCommand = Extract<ThreadCommand, { kind: "run" }>;

/** Carries the run out, whatever is asked of its spec. */
async function carryOut(command: RunCommand): Promise<void> {
  const abort = new AbortController();
  current = { number: command.number, abort };
  const batch = new Batch(faultKinds(command.spec));
  try {
    const result = await answer(command, abort.signal, batch);
    batch.flush();
    report({ kind: "end", result, whole: isWhole(result, abort.signal) });
  } catch (error) {
    batch.flush();
    report({ kind: "error", message: error instanceof Error ? error.message : String(error) });
  }
}

async function answer(
  { spec, task, wallMsMax, threadsMax }: RunCommand,
  signal: AbortSignal,
  batch: Batch,
): Promise<RunResult> {
  const onProgress = (progress: Progress): void => {
    batch.flush();
    report({ kind: "progress", progress });
  };
  const steps = ({ done, total }: Progress): void => onProgress({ done, total });
  switch (task.kind) {
    case "experiment": {
      const limits = { wallMsMax, threadsMax };
      const onExchange = (line: ExchangeLine): void => batch.add(line);
      const onCapture = (bytes: Uint8Array): void => report({ kind: "capture", bytes });
      const options = { signal, limits, onExchange, onCapture, onProgress };
      return (await runExperiment(spec, options)).result;
    }
    case "search":
      return searchSeeds(spec, { ...task.options, signal, onProgress: steps });
    case "compare": {
      const { b, ...options } = task.options;
      return compareSpecs(spec, b, { ...options, signal, onProgress: steps });
    }
    case "shrink": {
      const { signature, trialsMax } = task.options;
      return shrink(spec, {
        trialsMax,
        signal,
        ...(signature === null ? {} : { signature }),
        onProgress: ({ trials }) => steps({ done: trials, total: trialsMax }),
      });
    }
    default:
      return task satisfies never;
  }
}

/** Whether the stop, if there was one, came too late to take anything away from the result. */
function isWhole(result: RunResult, { aborted }: AbortSignal): boolean {
  if (!aborted) return true;
  if ("reasons" in result) return !wasAborted(result);
  // Of a shrink that was stopped nobody knows what it would still have found.
  return "ended" in result && result.ended !== "aborted";
}

/** Exchanges on their way out. */
class Batch {
  readonly #kinds: ReadonlyMap<string, string>;
  #lines: ExchangeLine[] = [];

  constructor(kinds: ReadonlyMap<string, string>) {
    this.#kinds = kinds;
  }

  add(line: ExchangeLine): void {
    this.#lines.push(line);
    if (this.#lines.length >= LINES_PER_BATCH) this.flush();
  }

  flush(): void {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    const tally = tallyOf(lines, this.#kinds);
    report({ kind: "exchanges", lines: lines.map((line) => JSON.stringify(line)), tally });
    ahead.send(lines.length);
  }
}

port.on("message", (command: ThreadCommand) => {
  if (command.kind === "run") void carryOut(command);
  else if (command.number === current?.number) current.abort.abort(new Error(command.reason));
});
