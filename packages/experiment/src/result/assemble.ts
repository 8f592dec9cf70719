/**
 * Puts a result together: the body in the order of the contract, its hash, the envelope.
 *
 * Pure: the same measurements give the same body bytes. The law of conservation is checked here,
 * at the one door every result goes through; a run that breaks it is a bug and throws.
 */
import { type FaultStats, RNG_NAME, zScore } from "@faultline/faults";
import { forecastOf } from "../oracle/forecast.ts";
import { judgeDelivery, judgeFigures, type Observed } from "../oracle/judge.ts";
import { betweenRuns } from "../statistics/spread.ts";
import { wilson } from "../statistics/wilson.ts";
import type { RecoveryMeasured } from "../run/recovery.ts";
import { parseMetric } from "../spec/metric.ts";
import type { Assertion, FullSpec } from "../spec/types.ts";
import { judge } from "../verdict/assertion.ts";
import type { Replicate } from "../verdict/across-runs.ts";
import { ofUnfinished } from "../verdict/unfinished.ts";
import { silentFaults, worst } from "../verdict/verdict.ts";
import type { View } from "../verdict/view.ts";
import { hashJson } from "./canonical.ts";
import { type Replayable, replayLine } from "./replay.ts";
import type { RunRow } from "./series.ts";
import type {
  Counts,
  Envelope,
  FaultResult,
  Recovery,
  Result,
  ResultBody,
  RunVerdict,
  WireResult,
} from "./types.ts";

/** What a finished run hands over, or what the runs of a series come to together. */
export interface Measured {
  readonly counts: Counts;
  readonly run: Pick<View, "latency" | "service">;
  /** By phase name; a phase that never began is missing. */
  readonly phases: ReadonlyMap<string, Pick<View, "counts" | "latency" | "service">>;
  readonly recovery: readonly RecoveryMeasured[] | null;
  readonly faults: readonly FaultStats[];
  /** Why the run did not go to its end, if it did not: makes it inconclusive. */
  readonly interrupted: readonly string[];
  /** What broke in the laboratory itself: makes it an error. */
  readonly broken: readonly string[];
  readonly digest: string | null;
  /** What the capture shows; null: there is none. */
  readonly wire: WireResult | null;
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
  const complete = measured.interrupted.length === 0;
  const faults = measured.faults.map(faultResult);
  const forecast = forecastOf(spec);
  const observed: Observed = {
    counts,
    ...run,
    faults,
    runs: series === undefined ? 1 : counts.messages / spec.workload.messages,
    cutShort: complete || series !== undefined ? undefined : "the run did not go to its end",
  };
  const oracle = judgeDelivery(forecast, observed);
  const { expected } = oracle;
  const assertions = spec.assert.map((one, index) => {
    const view = viewOf(one, { measured, expected, faults });
    const replicates = series?.replicates.map((replicate) => replicate[index] ?? NOTHING);
    const answer = judge(one, { view, complete, replicates });
    // the runs of a series that are in it are whole
    return complete || series !== undefined ? answer : ofUnfinished(answer);
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
      ...oracle,
    },
    latencyMs: run.latency.summary(),
    serviceMs: run.service.summary(),
    recovery: measured.recovery?.map(told) ?? null,
    faults,
    oracles: judgeFigures(forecast, observed),
    wire: measured.wire,
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

function told({ phase, toFirstSuccessMs, toSteadyStateMs, reason }: RecoveryMeasured): Recovery {
  return { phase, toFirstSuccessMs, toSteadyStateMs, reason };
}

interface Numbers {
  readonly measured: Measured;
  readonly expected: number | null;
  readonly faults: readonly FaultResult[];
}

/** What an assertion looks at. A recovery has its phase in its name: it comes after it. */
function viewOf(
  { metric, phase }: Assertion,
  { measured, expected, faults }: Numbers,
): View | undefined {
  const { counts, run } = measured;
  const recovery = measured.recovery?.find((one) => phase === null || one.phase === phase);
  const { wire } = measured;
  const whole = { counts, ...run, expected, faults, recovery, wire };
  if (phase === null || parseMetric(metric)?.group === "recovery") return whole;
  const view = measured.phases.get(phase);
  return view && { ...view, expected: null, faults, recovery: undefined, wire: null };
}

/** Every message has exactly one outcome. */
function checkConservation({ messages, delivered, failed, rejected, indeterminate }: Counts): void {
  if (messages === delivered + failed + rejected + indeterminate) return;
  const sum = `${delivered} + ${failed} + ${rejected} + ${indeterminate}`;
  throw new Error(
    `Bug: ${messages} messages, but delivered + failed + rejected + indeterminate is ${sum}`,
  );
}
