/**
 * The thread of a run: carries out one experiment at a time and reports.
 *
 * A busy experiment here cannot hold up the thread that answers HTTP, and a crash here takes
 * one run with it. Exchanges are sent in batches: when enough have come together, when progress
 * is reported, and before the end, so that the order of what arrives is the order of what was.
 */

import { parentPort } from "node:worker_threads";
import { runExperiment } from "@faultline/experiment";
import type { ThreadCommand, ThreadReport } from "./runner/messages.ts";

const LINES_PER_BATCH = 128;

const port = parentPort;
if (port === null) throw new Error("run-worker.ts is the entry of a worker thread");

let current: { readonly number: number; readonly abort: AbortController } | undefined;

function report(message: ThreadReport): void {
  port?.postMessage(message);
}

async function carryOut(command: Extract<ThreadCommand, { kind: "run" }>): Promise<void> {
  const { number, spec, wallMsMax, threadsMax } = command;
  const abort = new AbortController();
  current = { number, abort };
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) report({ kind: "exchanges", lines });
    lines = [];
  };
  try {
    const { result } = await runExperiment(spec, {
      signal: abort.signal,
      limits: { wallMsMax, threadsMax },
      onExchange(line) {
        lines.push(JSON.stringify(line));
        if (lines.length >= LINES_PER_BATCH) flush();
      },
      onProgress(progress) {
        flush();
        report({ kind: "progress", progress });
      },
    });
    flush();
    report({ kind: "end", result });
  } catch (error) {
    flush();
    report({ kind: "error", message: error instanceof Error ? error.message : String(error) });
  }
}

port.on("message", (command: ThreadCommand) => {
  if (command.kind === "run") void carryOut(command);
  else if (command.number === current?.number) current.abort.abort(new Error(command.reason));
});
