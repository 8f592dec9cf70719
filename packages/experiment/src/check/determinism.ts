/**
 * Runs a simulated spec twice and shows where the two part, should they ever.
 *
 *   run here ──────────────┐
 *                          ├─► digests, bodies ─► first event that differs ─► both again, for its
 *   run in a fresh thread ─┘                                                   neighbours in words
 *
 * The second run shares no module with the first, so that what a module remembers cannot hide. It
 * does share machine, runtime and version: what differs between those is for tests that run there.
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
}

/**
 * The first event in which two runs differ, and its neighbours as each run saw them.
 *
 * The neighbours come from further runs, for nobody knew before which events to keep; and what leaks
 * once may leak elsewhere the next time. So it is looked for again until a pair of runs parts where
 * it was watched.
 */
export interface EventDifference {
  /** Number of the first event in which the first two runs differ, from 0. */
  readonly foundAt: number;
  /** The same of the two runs that are shown. */
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
/** Pairs of further runs: a leak that wanders more than that is told by its digests. */
const LOOKS_MAX = 4;
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
  const { neighbours = NEIGHBOURS, ...runOptions } = options;
  const reports = await twice(spec, { log: true }, runOptions);
  const [one, other] = reports;
  const whole = options.signal?.aborted !== true;
  const same = isSame(one, other);
  const shown = { neighbours, parts: options.parts };
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

/** Both runs, side by side where they can be. */
async function twice(
  spec: FullSpec,
  request: TraceRequest,
  options: RunOptions,
): Promise<readonly [TracedReport, TracedReport]> {
  const { parts, signal } = options;
  if (parts !== undefined) {
    const one = await runTraced(spec, request, options);
    return [one, await runTraced(spec, request, { parts, ...(signal && { signal }) })];
  }
  const second = startElsewhere(spec, request);
  try {
    const one = await runTraced(spec, request, options);
    // Nobody waits for the second run of a first that was stopped.
    return [one, signal?.aborted === true ? one : await second.report];
  } finally {
    await second.end();
  }
}

/** What is shown, and of what. */
interface Shown {
  readonly neighbours: number;
  readonly parts: RunOptions["parts"];
}

async function show(
  spec: FullSpec,
  [one, other]: readonly [TracedReport, TracedReport],
  shown: Shown,
): Promise<EventDifference | undefined> {
  if (spec.seeds !== null) return showRun(spec, [one.result, other.result], shown);
  const index = firstDifference(one, other);
  if (index === undefined) return undefined;
  return around(spec, { foundAt: index, index }, shown);
}

/** Looks at the events around a place, and at another place if the runs part there this time. */
async function around(
  spec: FullSpec,
  place: Pick<EventDifference, "foundAt" | "index">,
  { neighbours, parts }: Shown,
): Promise<EventDifference> {
  let { index } = place;
  for (let look = 1; ; look += 1) {
    const window = {
      log: true,
      from: Math.max(0, index - neighbours),
      lastMax: 2 * neighbours + 1,
    };
    const pair = await twice(spec, window, parts === undefined ? {} : { parts });
    const [first, second] = pair;
    const now = firstDifference(first, second);
    if (now === undefined || now === index || look === LOOKS_MAX) {
      return { ...place, index: now ?? index, first: first.entries, second: second.entries };
    }
    index = now;
  }
}

/** The same for the first run of a series that differs, which is run twice more by itself. */
async function showRun(
  spec: FullSpec,
  [one, other]: readonly [Result, Result],
  { neighbours, parts }: Shown,
): Promise<EventDifference | undefined> {
  const rows = other.runs ?? [];
  const index = (one.runs ?? []).findIndex((row, at) => row.bodyHash !== rows[at]?.bodyHash);
  if (index === -1) return undefined;
  const alone = specOfRun(spec, index);
  const options = { neighbours, ...(parts === undefined ? {} : { parts }) };
  return (await checkDeterminism(alone, options)).difference;
}
