/**
 * What the runs of a series say of a number that one run could only guess at.
 *
 * Messages of one run share its outages; runs with different seeds share nothing. So from
 * RUNS_MIN runs on, a mean has the interval of the runs' means (replication, Student's t), and a
 * proportion the wider of that and of Wilson's over all messages: near 0 and 1, where all runs
 * may agree by chance, Wilson's is the careful one, and where outages come in bursts, the other.
 */
import type { Interval } from "../result/types.ts";
import type { MetricPath } from "../spec/metric.ts";
import { type Mean, meanOf, meanSampleSize } from "../statistics/mean.ts";
import type { Estimate, Observation } from "./view.ts";

/** Runs below which their spread is not trusted: half of them may have missed the outage. */
export const RUNS_MIN = 10;

/** What one run of a series observed for the assertion in question; null as in its result. */
export interface Replicate {
  readonly observed: number | null;
  /** Size of the sample it is a statistic of. */
  readonly n: number | null;
}

/** An observation over all runs, with the interval that the runs give it. */
export function acrossRuns(
  path: MetricPath,
  seen: Observation,
  replicates: readonly Replicate[],
): Observation {
  const values = replicates.flatMap(({ observed }) => (observed === null ? [] : [observed]));
  const pooled = seen.estimate;
  if (pooled === undefined) return seen;
  if (path.field === "mean")
    return { ...seen, estimate: (confidence) => ofMeans(values, confidence) };
  if (path.group !== "delivery" || values.length < RUNS_MIN) return seen;
  return {
    ...seen,
    estimate: (confidence) => wider(pooled(confidence), ofMeans(values, confidence)),
  };
}

function ofMeans(values: readonly number[], confidence: number): Estimate {
  const mean = values.length < RUNS_MIN ? null : meanOf(values, confidence);
  if (mean === null || mean.interval === null) {
    const why = `${values.length} runs give a mean no interval, ${RUNS_MIN} would`;
    return { interval: null, why, unit: "runs", needed: () => null };
  }
  const { interval } = mean;
  return { interval, why: undefined, unit: "runs", needed: (value) => neededRuns(mean, value) };
}

function neededRuns({ n, mean, interval }: Mean, threshold: number): number | null {
  return interval === null ? null : meanSampleSize(n, mean, interval, threshold);
}

/** The estimate that leaves more open, on each side. */
function wider(pooled: Estimate, between: Estimate): Estimate {
  if (pooled.interval === null || between.interval === null) return pooled;
  const interval: Interval = [
    Math.max(0, Math.min(pooled.interval[0] ?? 0, between.interval[0] ?? 0)),
    Math.min(1, Math.max(pooled.interval[1] ?? 1, between.interval[1] ?? 1)),
  ];
  const width = ({ interval: ends }: Estimate): number => (ends?.[1] ?? 1) - (ends?.[0] ?? 0);
  return { ...(width(between) > width(pooled) ? between : pooled), interval };
}
