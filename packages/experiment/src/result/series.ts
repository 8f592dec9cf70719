/**
 * What a series (one spec, many seeds) adds to a result: a row for each run, and how far the
 * runs lie apart.
 *
 * Pooled figures stand where a single run has its own. They are only as good as the runs are
 * alike; `betweenRuns` is there so that a reader can see whether they are.
 */
import type { Counts, Interval, LatencySummary, Recovery, RunVerdict } from "./types.ts";

/** One run of a series, in short. Its `replay` line gives the whole result, with this `bodyHash`. */
export interface RunRow {
  readonly seed: number;
  /** What the run alone comes to. */
  readonly verdict: RunVerdict;
  readonly reasons: readonly string[];
  readonly counts: Counts;
  readonly delivery: { readonly ratio: number | null };
  readonly latencyMs: Pick<LatencySummary, "mean" | "p50" | "p99" | "max">;
  /** As in its result. */
  readonly recovery: readonly Recovery[] | null;
  readonly faults: readonly { readonly id: string; readonly fired: number }[];
  readonly digest: string | null;
  readonly bodyHash: string;
  readonly replay: string;
}

/** One figure over the runs of a series, every run an observation. */
export interface Spread {
  /** Runs that have the figure. */
  readonly n: number;
  readonly mean: number | null;
  /** Standard deviation of the runs; null below two. */
  readonly sd: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Where the mean of all such runs lies, with 95 % confidence (Student's t); null below two. */
  readonly interval: Interval | null;
}

/** How far the runs of a series lie apart. */
export interface BetweenRuns {
  readonly delivery: {
    readonly ratio: Spread;
    /**
     * Variance of the ratio over the runs, as a multiple of what chance alone gives messages that
     * know nothing of one another. Near 1: the runs may be pooled. Far above: messages of a run
     * share their luck, and the pooled interval is too narrow. Null where all or none arrived.
     */
    readonly dispersion: number | null;
  };
  readonly latencyMs: Readonly<Record<"mean" | "p50" | "p99" | "max", Spread>>;
  readonly counts: Readonly<
    Record<"attempts" | "retries" | "timeouts" | "failed" | "executions", Spread>
  >;
  /** In the order of the spec. */
  readonly faults: readonly { readonly id: string; readonly fired: Spread }[];
}
