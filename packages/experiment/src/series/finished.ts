/**
 * One run of a series that has come to its end, as plain data: it may come from another thread.
 *
 * The run is carried out just as if it stood alone, whole result and all; of that, the series
 * keeps a row, what can be merged, and what its assertions observed.
 */
import type { Measured } from "../result/assemble.ts";
import type { RunRow } from "../result/series.ts";
import type { Counts, Result } from "../result/types.ts";
import type { Conducted } from "../run/conduct.ts";
import { runOnce } from "../run/once.ts";
import type { Wall } from "../run/port.ts";
import type { RunOptions } from "../run/run.ts";
import { specOfRun } from "../spec/seeds.ts";
import type { FullSpec } from "../spec/types.ts";
import type { LatencyBuckets } from "../statistics/latency.ts";
import type { Replicate } from "../verdict/across-runs.ts";
import type { View } from "../verdict/view.ts";

type Numbers = Pick<View, "latency" | "service">;

/** Latencies as plain data. */
export interface PlainNumbers {
  readonly latency: LatencyBuckets;
  readonly service: LatencyBuckets;
}

/** What can be merged with other runs. */
export interface PlainMeasured extends Pick<Measured, "faults" | "recovery" | "broken"> {
  readonly counts: Counts;
  readonly run: PlainNumbers;
  readonly phases: ReadonlyMap<string, PlainNumbers & { readonly counts: View["counts"] }>;
}

/** See the top of the file. */
export interface FinishedRun {
  readonly index: number;
  readonly row: RunRow;
  readonly measured: PlainMeasured;
  /** By assertion of the spec. */
  readonly replicates: readonly Replicate[];
  readonly simulatedMs: number | null;
}

/** How a run of a series is carried out. */
export interface CarryOptions extends RunOptions {
  /** The time outside of a simulated run. */
  readonly wall?: Wall;
}

/**
 * Carries out the run of an index; undefined where it was stopped before its end.
 *
 * @throws (rejects) whatever a single run rejects with
 */
export async function carryOut(
  spec: FullSpec,
  index: number,
  { wall, ...options }: CarryOptions,
): Promise<FinishedRun | undefined> {
  const conducted = await runOnce(specOfRun(spec, index), options, wall);
  return conducted.measured.interrupted.length > 0 ? undefined : finished(index, conducted);
}

function finished(index: number, { result, measured }: Conducted): FinishedRun {
  return {
    index,
    row: rowOf(result),
    measured: plain(measured),
    replicates: result.assertions.map(({ observed, n }) => ({ observed, n })),
    simulatedMs: result.envelope.simulatedMs,
  };
}

function rowOf(result: Result): RunRow {
  const { seed, verdict, reasons, counts, delivery, latencyMs, recovery, faults } = result;
  const { mean, p50, p99, max } = latencyMs;
  return {
    seed,
    verdict,
    reasons,
    counts,
    delivery: { ratio: delivery.ratio },
    latencyMs: { mean, p50, p99, max },
    recovery,
    faults: faults.map(({ id, fired }) => ({ id, fired })),
    digest: result.digest,
    bodyHash: result.bodyHash,
    replay: result.replay,
  };
}

function plain({ counts, run, phases, recovery, faults, broken }: Measured): PlainMeasured {
  return {
    counts,
    run: plainNumbers(run),
    phases: new Map(
      [...phases].map(([name, phase]) => [name, { counts: phase.counts, ...plainNumbers(phase) }]),
    ),
    recovery,
    faults,
    broken,
  };
}

function plainNumbers({ latency, service }: Numbers): PlainNumbers {
  return { latency: latency.buckets(), service: service.buckets() };
}
