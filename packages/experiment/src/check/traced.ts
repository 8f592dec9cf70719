/**
 * One run that writes down its events, and what of it another run is compared with.
 *
 * A run keeps four bytes for each event, and the words of some. A series writes nothing down: its rows
 * have a digest each. Everything in a report can cross from a thread.
 */
import { Trace, type TraceEntry, type TraceOptions } from "@faultline/simulation";
import type { Result } from "../result/types.ts";
import { runExperiment, type RunOptions } from "../run/run.ts";
import type { FullSpec } from "../spec/types.ts";

/** What a run is to write down: which events in words, beside the log of all. */
export type TraceRequest = Pick<TraceOptions, "against" | "from" | "lastMax">;

/** A run and what it wrote down. */
export interface TracedReport {
  readonly result: Result;
  readonly events: number;
  readonly lanes: Int32Array;
  readonly entries: readonly TraceEntry[];
}

/** Runs here. @throws (rejects) as `runExperiment` */
export async function runTraced(
  spec: FullSpec,
  request: TraceRequest,
  options: RunOptions = {},
): Promise<TracedReport> {
  const trace = new Trace({ ...request, log: true });
  const { result } = await runExperiment(
    spec,
    spec.seeds === null ? { ...options, trace } : options,
  );
  const { events, lanes, entries } = trace;
  return { result, events, lanes, entries };
}
