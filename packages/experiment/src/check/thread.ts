/**
 * A traced run in a thread of its own, where no module has seen a run before.
 *
 * What modules remember from one run to the next hides from a second run beside them; here it shows.
 */
import { Worker, resourceLimits } from "node:worker_threads";
import type { SealKey } from "@faultline/protocol";
import { RunError, type RunErrorCode } from "../run/error.ts";
import { threadEntry } from "../series/entry.ts";
import type { FullSpec } from "../spec/types.ts";
import type { TracedReport, TraceRequest } from "./traced.ts";

/** What the thread is given at its start. */
export interface CheckSetup {
  readonly spec: FullSpec;
  readonly request: TraceRequest;
  readonly keys?: readonly SealKey[] | undefined;
}

/** What the thread says at its end; `code` is there where a RunError is to be thrown here. */
export type CheckReport =
  | { readonly report: "run"; readonly run: TracedReport }
  | { readonly report: "failed"; readonly message: string; readonly code?: RunErrorCode };

/** A run under way. */
export interface Elsewhere {
  readonly report: Promise<TracedReport>;
  /** Ends the thread, whatever it is doing. */
  end(): Promise<unknown>;
}

/** Starts the run. Its report rejects as `runExperiment` does, or with `world-failed` where the thread is lost. */
export function startElsewhere(
  spec: FullSpec,
  request: TraceRequest,
  keys?: readonly SealKey[],
): Elsewhere {
  const setup: CheckSetup = { spec, request, keys };
  const worker = new Worker(threadEntry("#check-thread"), {
    workerData: setup,
    resourceLimits: { ...resourceLimits },
  });
  const report = new Promise<TracedReport>((resolve, reject) => {
    worker.on("message", (said: CheckReport) => {
      if (said.report === "run") resolve(said.run);
      else reject(new RunError(said.code ?? "world-failed", said.message));
    });
    worker.on("error", (error) => reject(new RunError("world-failed", lost(error), error)));
    worker.on("exit", () => reject(new RunError("world-failed", lost("it ended early"))));
  });
  // Whoever ends it first may not be listening.
  report.catch(() => {});
  return { report, end: () => worker.terminate() };
}

function lost(why: unknown): string {
  return `The second run was lost with its thread: ${why instanceof Error ? why.message : String(why)}`;
}
