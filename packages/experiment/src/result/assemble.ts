/**
 * Puts a result together: the body in the order of the contract, its hash, the envelope.
 *
 * Pure: the same measurements give the same body bytes. The law of conservation is checked here,
 * at the one door every result goes through; a run that breaks it is a bug and throws.
 */
import { RNG_NAME } from "@faultline/faults";
import { expectedDelivery } from "../statistics/expected.ts";
import { wilson } from "../statistics/wilson.ts";
import type { FullSpec } from "../spec/types.ts";
import { judge } from "../verdict/assertion.ts";
import { silentFaults, worst } from "../verdict/verdict.ts";
import type { View } from "../verdict/view.ts";
import { hashJson } from "./canonical.ts";
import { type Replayable, replayLine } from "./replay.ts";
import type { Counts, Envelope, FaultResult, Result, ResultBody, RunVerdict } from "./types.ts";

/** What a finished run hands over. */
export interface Measured {
  readonly counts: Counts;
  readonly run: Pick<View, "latency" | "service">;
  /** By phase name; a phase that never began is missing. */
  readonly phases: ReadonlyMap<string, Pick<View, "counts" | "latency" | "service">>;
  readonly faults: readonly FaultResult[];
  /** Why the run did not go to its end, if it did not: makes it inconclusive. */
  readonly interrupted: readonly string[];
  /** What broke in the laboratory itself: makes it an error. */
  readonly broken: readonly string[];
  readonly digest: string | null;
}

/** Everything a result is made of. */
export interface Parts {
  readonly spec: FullSpec;
  readonly measured: Measured;
  readonly envelope: Envelope;
  readonly scenarios: readonly Replayable[];
}

/** The whole result of a run. */
export function assembleResult({ spec, measured, envelope, scenarios }: Parts): Result {
  const body = assembleBody(spec, measured, scenarios);
  return { ...body, bodyHash: hashJson(body), envelope };
}

function assembleBody(
  spec: FullSpec,
  measured: Measured,
  scenarios: readonly Replayable[],
): ResultBody {
  const { counts, run, faults } = measured;
  checkConservation(counts);
  const expected = expectedDelivery(spec);
  const complete = measured.interrupted.length === 0;
  const assertions = spec.assert.map((one) =>
    judge(one, { view: viewOf(one.phase, measured, expected), complete }),
  );
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
    digest: measured.digest,
    replay: replayLine(spec, scenarios),
  };
}

function viewOf(
  phase: string | null,
  measured: Measured,
  expected: number | null,
): View | undefined {
  const { counts, run, faults } = measured;
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
