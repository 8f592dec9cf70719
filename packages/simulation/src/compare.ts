/**
 * Running the same thing twice, and showing where the two part.
 *
 * The thing is any function that builds a simulation with the trace it is given, runs it and
 * returns its digest. A leak (real time, real chance, an order that hangs on a hash) shows up
 * as a first event that differs; its neighbours tell which one leaks. What leaks once may leak
 * elsewhere the next time, so the lines shown come from two further runs and say so by their index.
 */
import type { TraceEntry } from "./trace.ts";
import { firstDifference, Trace } from "./trace.ts";

/** What two runs have in common. */
export interface Comparison {
  readonly same: boolean;
  /** Digests of the first and the second run. */
  readonly digests: readonly [string, string];
  /** Events of the first and the second run. */
  readonly events: readonly [number, number];
  /** Where they part; undefined when they do not, or only after the end of the log. */
  readonly difference: Difference | undefined;
}

/** The first event that differs, with its neighbours, as each of two further runs saw it. */
export interface Difference {
  readonly index: number;
  readonly first: readonly TraceEntry[];
  readonly second: readonly TraceEntry[];
}

/** Builds a simulation with this trace, runs it to its end and returns its digest. */
export type TracedRun = (trace: Trace) => string;

/**
 * Runs twice and compares every event.
 *
 * @param neighbours events shown before and after the first that differs. @default 5
 */
export function compareRuns(run: TracedRun, neighbours = 5): Comparison {
  const traces = [new Trace({ log: true }), new Trace({ log: true })] as const;
  const digests = [run(traces[0]), run(traces[1])] as const;
  const index = firstDifference(traces[0], traces[1]);
  return {
    same: index === undefined && digests[0] === digests[1],
    digests,
    events: [traces[0].events, traces[1].events],
    difference: index === undefined ? undefined : show(run, index, neighbours),
  };
}

function show(run: TracedRun, index: number, neighbours: number): Difference {
  const window = { from: Math.max(0, index - neighbours), lastMax: 2 * neighbours + 1 };
  const traces = [new Trace(window), new Trace(window)] as const;
  run(traces[0]);
  run(traces[1]);
  return { index, first: traces[0].entries, second: traces[1].entries };
}
