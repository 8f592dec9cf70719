/**
 * Running the same thing twice, and showing where the two part.
 *
 * The thing is any function that builds a simulation with the trace it is given, runs it and
 * returns its digest. A leak (real time, real chance, an order that hangs on a hash) shows up
 * as a first event that differs; its neighbours tell which one leaks. What leaks once may leak
 * elsewhere the next time, so the lines shown are of these two runs and of no others: the first keeps
 * the words of its events, the second knows the first one's log.
 */
import type { TraceEntry } from "./trace.ts";
import { firstDifference, Trace } from "./trace.ts";

/** Events of the first run that are kept in words: some 50 MB. */
const WORDS_MAX = 200_000;

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
  const one = new Trace({ log: true, from: 0, lastMax: WORDS_MAX });
  const first = run(one);
  const other = new Trace({ log: true, against: one, lastMax: 2 * neighbours + 1 });
  const digests = [first, run(other)] as const;
  const index = firstDifference(one, other);
  const near = ({ entries }: Trace): TraceEntry[] =>
    entries.filter((entry) => Math.abs(entry.index - (index ?? 0)) <= neighbours);
  return {
    same: index === undefined && digests[0] === digests[1],
    digests,
    events: [one.events, other.events],
    difference: index === undefined ? undefined : { index, first: near(one), second: near(other) },
  };
}
