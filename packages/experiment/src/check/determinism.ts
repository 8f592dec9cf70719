/**
 * Runs a simulated spec twice and shows where the two part, should they ever.
 *
 *   run here ── its log ─► run in a fresh thread ─► digests, bodies, first event that differs
 *
 * The second run shares no module with the first, so that what a module remembers cannot hide, and
 * knows the first one's log, so that it keeps the right events in words. It does share machine,
 * runtime and version: what differs between those is for tests that run there.
 */
import { firstDifference, type TraceEntry } from "@faultline/simulation";
import type { Result } from "../result/types.ts";
import type { RunOptions } from "../run/run.ts";
import { specOfRun } from "../spec/seeds.ts";
import type { FullSpec } from "../spec/types.ts";
import { differingPointers } from "./body.ts";
import { startElsewhere } from "./thread.ts";
import { runTraced, type TracedReport, type TraceRequest } from "./traced.ts";

/** What a check may be given: the first run gets all of it. */
export interface DeterminismOptions extends Omit<RunOptions, "trace"> {
  /** Events shown before and after the first that differs. @default 5 */
  readonly neighbours?: number;
  /** Events of the first run that are kept in words. @default 200_000: some 50 MB */
  readonly wordsMax?: number;
}

/**
 * The first event in which two runs differ, and its neighbours as each run saw them.
 *
 * Of an event beyond `wordsMax`, those of the first come from a further run; `first` is empty where
 * that one parts elsewhere.
 */
export interface EventDifference {
  /** Number of the event in its run, from 0. */
  readonly index: number;
  readonly first: readonly TraceEntry[];
  readonly second: readonly TraceEntry[];
}

/** What two runs of one spec have in common. */
export interface DeterminismCheck {
  /** The first run's result. */
  readonly result: Result;
  /** Every event and every byte of the body; null where a run was stopped before its end. */
  readonly same: boolean | null;
  /** Of the first and the second run. */
  readonly digests: readonly [string, string];
  readonly bodyHashes: readonly [string, string];
  /** Null for a series. */
  readonly events: readonly [number, number] | null;
  /** Of a series: in the first run that differs. Undefined where all events agree, or part beyond the first 16 777 216. */
  readonly difference: EventDifference | undefined;
  /** JSON pointers at which the bodies differ, at most ten. */
  readonly pointers: readonly string[];
}

const NEIGHBOURS = 5;
const WORDS_MAX = 200_000;
const POINTERS_MAX = 10;

/**
 * Runs a spec here and in a fresh thread, and compares every event and every byte of the result.
 *
 * With `parts` of the caller's own, which cannot be sent to a thread, both runs are made here.
 *
 * @throws (rejects) TypeError where the spec's mode is not simulated.
 * @throws (rejects) RunError as `runExperiment`, whichever run it was.
 */
export async function checkDeterminism(
  spec: FullSpec,
  options: DeterminismOptions = {},
): Promise<DeterminismCheck> {
  if (spec.mode !== "simulated") {
    const rule = '"mode" must be "simulated" (real time never repeats itself)';
    throw new TypeError(`Cannot check determinism as ${rule}: got "${spec.mode}"`);
  }
  const { neighbours = NEIGHBOURS, wordsMax = WORDS_MAX, ...runOptions } = options;
  const shown: Shown = { neighbours, wordsMax, given: givenOf(options) };
  const reports = await twice(spec, shown, runOptions);
  const [one, other] = reports;
  const whole = !isStopped(options.signal);
  const same = isSame(one, other);
  return {
    result: one.result,
    same: whole ? same : null,
    digests: [String(one.result.digest), String(other.result.digest)],
    bodyHashes: [one.result.bodyHash, other.result.bodyHash],
    events: spec.seeds === null ? [one.events, other.events] : null,
    difference: whole && !same ? await show(spec, reports, shown) : undefined,
    pointers: whole ? differingPointers(one.result, other.result, POINTERS_MAX) : [],
  };
}

function isSame(one: TracedReport, other: TracedReport): boolean {
  const [left, right] = [one.result, other.result];
  return (
    left.digest === right.digest &&
    left.bodyHash === right.bodyHash &&
    firstDifference(one, other) === undefined
  );
}

/** Both runs, the second against the log of the first. */
async function twice(
  spec: FullSpec,
  { neighbours, wordsMax }: Shown,
  options: RunOptions,
): Promise<readonly [TracedReport, TracedReport]> {
  const { keys, parts, signal } = options;
  const one = await runTraced(spec, { from: 0, lastMax: wordsMax }, options);
  // Nobody compares with a run that was stopped.
  if (isStopped(signal)) return [one, one];
  const request = against(one, neighbours);
  if (parts !== undefined) {
    return [
      one,
      await runTraced(spec, request, { parts, ...(keys && { keys }), ...(signal && { signal }) }),
    ];
  }
  const second = startElsewhere(spec, request, keys);
  const onAbort = (): void => void second.end();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return [one, await second.report];
  } catch (error) {
    if (isStopped(signal)) return [one, one];
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await second.end();
  }
}

function isStopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function against({ events, lanes }: TracedReport, neighbours: number): TraceRequest {
  return { against: { events, lanes }, lastMax: 2 * neighbours + 1 };
}

/** What is shown, and of what. */
interface Shown {
  readonly neighbours: number;
  readonly wordsMax: number;
  /** What every further run is given as the first one was. */
  readonly given: Pick<RunOptions, "keys" | "parts">;
}

function givenOf({ keys, parts }: RunOptions): Shown["given"] {
  return { ...(keys && { keys }), ...(parts && { parts }) };
}

async function show(
  spec: FullSpec,
  [one, other]: readonly [TracedReport, TracedReport],
  shown: Shown,
): Promise<EventDifference | undefined> {
  if (spec.seeds !== null) return showRun(spec, [one.result, other.result], shown);
  const index = firstDifference(one, other);
  if (index === undefined) return undefined;
  const { neighbours, wordsMax, given } = shown;
  const near = (entries: readonly TraceEntry[]): TraceEntry[] =>
    entries.filter((entry) => Math.abs(entry.index - index) <= neighbours);
  const second = near(other.entries);
  if (index + neighbours < wordsMax) return { index, first: near(one.entries), second };
  const again = await runTraced(spec, against(other, neighbours), given);
  const isThere = firstDifference(again, other) === index;
  return { index, first: isThere ? near(again.entries) : [], second };
}

/** The same for the first run of a series that differs, which is run twice more by itself. */
async function showRun(
  spec: FullSpec,
  [one, other]: readonly [Result, Result],
  { given, ...shown }: Shown,
): Promise<EventDifference | undefined> {
  const rows = other.runs ?? [];
  const index = (one.runs ?? []).findIndex((row, at) => row.bodyHash !== rows[at]?.bodyHash);
  if (index === -1) return undefined;
  const options = { ...shown, ...given };
  return (await checkDeterminism(specOfRun(spec, index), options)).difference;
}
