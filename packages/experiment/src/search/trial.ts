/**
 * One simulated run that may fail, and everything that is needed to say how.
 *
 * A trial never rejects because of what is under test: a part that throws, a world that comes to
 * a standstill and counts that do not add up are failures with a name, like a broken assertion.
 */
import { createClient } from "@faultline/client";
import { createServerCore } from "@faultline/server";
import type { ExchangeLine, Result } from "../result/types.ts";
import { RunError } from "../run/error.ts";
import { runExperiment } from "../run/run.ts";
import type { SimulatedParts } from "../run/simulated.ts";
import type { FullSpec, ScheduledFiring } from "../spec/types.ts";
import {
  assertionSignature,
  type Failure,
  INVARIANTS,
  type Invariant,
  invariantSignature,
} from "./failure.ts";
import { type Firing, firingsOf } from "./firings.ts";
import { Watch } from "./watch.ts";

/** Makes the parts of one run: anew each time, or one run would remember another. */
export type CreateParts = () => Partial<SimulatedParts>;

/** What a trial may be given. */
export interface TrialOptions {
  /** @default the true parts */
  readonly createParts?: CreateParts | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether firings and lines are kept: memory for every message and fault. @default true */
  readonly detail?: boolean;
}

/** What one run came to. */
export interface Trial {
  /** What did not hold, the most telling first; empty: everything held. */
  readonly failures: readonly Failure[];
  /** Null where the run broke off. */
  readonly result: Result | null;
  /** The firings that happened, with what each did, in the order of the simulation; empty without detail. */
  readonly firings: readonly Firing[];
  /** One for each message that came to its line; empty without detail. */
  readonly lines: readonly ExchangeLine[];
  /** Cut short by the caller: says nothing about what is under test. */
  readonly aborted: boolean;
}

/**
 * Runs a spec once, simulated, with its own seed; `seeds` are left aside.
 *
 * @throws (rejects) TypeError where the spec is not simulated.
 */
export async function runTrial(spec: FullSpec, options: TrialOptions = {}): Promise<Trial> {
  if (spec.mode !== "simulated") {
    throw new TypeError(`Cannot try as "mode" must be simulated: got ${JSON.stringify(spec.mode)}`);
  }
  const { detail = true } = options;
  const one: FullSpec = { ...spec, seeds: null };
  const watch = new Watch(one, detail);
  const lines: ExchangeLine[] = [];
  const parts = { createClient, createServerCore, ...options.createParts?.() };
  let result: Result | null = null;
  let thrown: Failure | undefined;
  try {
    const run = await runExperiment(one, {
      parts: watch.over(parts),
      ...(detail ? { onExchange: (line: ExchangeLine) => lines.push(line) } : {}),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    result = run.result;
  } catch (error) {
    thrown = thrownFailure(error);
  }
  const aborted = options.signal?.aborted === true;
  const failures = aborted ? [] : judge(result, watch, thrown);
  return { failures, result, firings: firingsOf(watch.records, spec), lines, aborted };
}

function judge(result: Result | null, watch: Watch, thrown: Failure | undefined): Failure[] {
  const broken = watch.failures();
  if (thrown !== undefined) broken.push(thrown);
  const ranked = broken.toSorted((a, b) => rankOf(a) - rankOf(b));
  return [...ranked, ...(result === null ? [] : brokenAssertions(result))];
}

function rankOf({ signature }: Failure): number {
  return INVARIANTS.findIndex((name: Invariant) => invariantSignature(name) === signature);
}

/** A `sometimes` asks something of all seeds together: one that does not show it breaks nothing. */
function brokenAssertions({ assertions }: Result): Failure[] {
  return assertions
    .filter(({ verdict, sometimes }) => verdict === "fail" && !sometimes)
    .map((one) => ({ signature: assertionSignature(one), message: one.message, place: null }));
}

/** A world that stands still, a sum that does not add up, or an exception out of a part. */
function thrownFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return { signature: invariantSignature(invariantOf(error, message)), message, place: null };
}

function invariantOf(error: unknown, message: string): Invariant {
  if (error instanceof RunError) return error.code === "unsealed" ? "sealed" : "settled";
  return message.startsWith("Bug: ") ? "settled-once" : "no-exception";
}

/** A firing as a spec's schedule lists it. */
export function toScheduled(firing: Firing): ScheduledFiring {
  const { fault, client, message, attempt, direction, copy } = firing;
  return { fault, client, message, attempt, direction, copy };
}
