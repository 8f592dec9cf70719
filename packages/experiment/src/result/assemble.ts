/**
 * Puts a result together: the body in the order of the contract, its hash, the envelope.
 *
 * Pure: the same measurements give the same body bytes. The law of conservation is checked here,
 * at the one door every result goes through; a run that breaks it is a bug and throws.
 */
import { type FaultStats, RNG_NAME, zScore } from "@faultline/faults";
import { expectedDelivery } from "../statistics/expected.ts";
import { betweenRuns } from "../statistics/spread.ts";
import { wilson } from "../statistics/wilson.ts";
import type { FullSpec } from "../spec/types.ts";
import { judge } from "../verdict/assertion.ts";
import { silentFaults, worst } from "../verdict/verdict.ts";
import type { Replicate, View } from "../verdict/view.ts";
import { hashJson } from "./canonical.ts";
import { type Replayable, replayLine } from "./replay.ts";
import type { RunRow } from "./series.ts";
import type { Counts, Envelope, FaultResult, Result, ResultBody, RunVerdict } from "./types.ts";

/** What a finished run hands over, or what the runs of a series come to together. */
export interface Measured {
  readonly counts: Counts;
  readonly run: Pick<View, "latency" | "service">;
  /** By phase name; a phase that never began is missing. */
  readonly phases: ReadonlyMap<string, Pick<View, "counts" | "latency" | "service">>;
  readonly faults: readonly FaultStats[];
  /** Why the run did not go to its end, if it did not: makes it inconclusive. */
  readonly interrupted: readonly string[];
  /** What broke in the laboratory itself: makes it an error. */
  readonly broken: readonly string[];
  readonly digest: string | null;
}

/** The runs of a series, one by one, in the order of their index. */
export interface SeriesParts {
  readonly rows: readonly RunRow[];
  /** What each run observed for each assertion of the spec: `[run][assertion]`. */
  readonly replicates: readonly (readonly Replicate[])[];
}

/** Everything a result is made of. */
export interface Parts {
  readonly spec: FullSpec;
  readonly measured: Measured;
  readonly envelope: Envelope;
  readonly scenarios: readonly Replayable[];
  /** Where the spec has `seeds`; `measured` is then what all runs come to. */
  readonly series?: SeriesParts;
}

/** The whole result of a run or of a series. */
export function assembleResult(parts: Parts): Result {
  const body = assembleBody(parts);
  return { ...body, bodyHash: hashJson(body), envelope: parts.envelope };
}

function assembleBody({ spec, measured, scenarios, series }: Parts): ResultBody {
  const { counts, run } = measured;
  checkConservation(counts);
  const expected = expectedDelivery(spec);
  const complete = measured.interrupted.length === 0;
  const faults = measured.faults.map(faultResult);
  const assertions = spec.assert.map((one, index) => {
    const view = viewOf(one.phase, { measured, expected, faults });
    const replicates = series?.replicates.map((run) => run[index] ?? NOTHING);
    return judge(one, { view: view && replicates ? { ...view, replicates } : view, complete });
  });
  const silent = silentFaults(faults, spec.schedule);
  const verdicts: RunVerdict[] = assertions.map(({ verdict }) => verdict);
  if (measured.broken.length > 0) verdicts.push("error");
  if (measured.interrupted.length + silent.length > 0) verdicts.push("inconclusive");
  return {
    schemaVersion: 1,
    specHash: hashJson(spec),
    seed: spec.seed,
    mode: spec.mode,
    rng: RNG_NAME,
    spec,
    verdict: worst(verdicts),
    reasons: [...measured.broken, ...measured.interrupted, ...silent],
    assertions,
    counts,
    delivery: {
      ratio: counts.messages === 0 ? null : counts.delivered / counts.messages,
      interval: wilson(counts.delivered, counts.messages),
      expected,
    },
    latencyMs: run.latency.summary(),
    serviceMs: run.service.summary(),
    faults,
    runs: series?.rows ?? null,
    betweenRuns: series === undefined ? null : betweenRuns(series.rows),
    digest: measured.digest,
    replay: replayLine(spec, scenarios),
  };
}

const NOTHING: Replicate = { observed: null, n: null };

function faultResult(stats: FaultStats): FaultResult {
  const { id, kind, eligible, fired, expected } = stats;
  return { id, kind, eligible, fired, expected, z: zScore(stats) };
}

interface Numbers {
  readonly measured: Measured;
  readonly expected: number | null;
  readonly faults: readonly FaultResult[];
}

function viewOf(phase: string | null, { measured, expected, faults }: Numbers): View | undefined {
  const { counts, run } = measured;
  if (phase === null) return { counts, ...run, expected, faults };
  const view = measured.phases.get(phase);
  return view && { ...view, expected: null, faults };
}

/** Every message has exactly one outcome. */
function checkConservation({ messages, delivered, failed, rejected, indeterminate }: Counts): void {
  if (messages === delivered + failed + rejected + indeterminate) return;
  const sum = `${delivered} + ${failed} + ${rejected} + ${indeterminate}`;
  throw new Error(
    `Bug: ${messages} messages, but delivered + failed + rejected + indeterminate is ${sum}`,
  );
}
