/**
 * The entry of the thread of a second run: one run, one report, the end.
 */
import { parentPort, workerData } from "node:worker_threads";
import { RunError } from "../run/error.ts";
import type { CheckReport, CheckSetup } from "./thread.ts";
import { runTraced } from "./traced.ts";

const port = parentPort;
if (port === null) throw new Error("check-thread.ts is the entry of a worker thread");

const { spec, request, keys } = workerData as CheckSetup;

function reportOf(error: unknown): CheckReport {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof RunError ? { code: error.code } : {};
  return { report: "failed", message, ...known };
}

// A series shares its runs among threads in the first run, and here it does not.
const report = await runTraced(spec, request, { threads: 1, ...(keys && { keys }) }).then(
  (run): CheckReport => ({ report: "run", run }),
  reportOf,
);
port.postMessage(report);
