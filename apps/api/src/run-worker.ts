/**
 * The thread of one run: carries out one experiment, reports, ends.
 *
 * A busy experiment here cannot hold up the thread that answers HTTP, and a crash here takes
 * one run with it. Exchanges are sent in batches: when enough have come together, when progress
 * is reported, and before the end, so that the order of what arrives is the order of what was.
 * After its last report the thread waits to be ended by its supervisor.
 */

import { parentPort, workerData } from "node:worker_threads";
import { runExperiment } from "@faultline/experiment";
import type { ThreadCommand, ThreadReport, ThreadStart } from "./runner/messages.ts";

const LINES_PER_BATCH = 128;

const port = parentPort;
if (port === null) throw new Error("run-worker.ts is the entry of a worker thread");

const { spec, wallMsMax } = workerData as ThreadStart;
const abort = new AbortController();
let lines: string[] = [];

function report(message: ThreadReport): void {
  port?.postMessage(message);
}

function flush(): void {
  if (lines.length === 0) return;
  report({ kind: "exchanges", lines });
  lines = [];
}

port.on("message", (command: ThreadCommand) => abort.abort(new Error(command.reason)));

try {
  const { result } = await runExperiment(spec, {
    signal: abort.signal,
    limits: { wallMsMax },
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
