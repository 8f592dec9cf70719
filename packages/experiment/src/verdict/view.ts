/**
 * What an assertion can look at: the numbers of the whole run, or of one phase.
 *
 * One shape for both, so that an assertion does not care which it was given. A number that a
 * phase does not have is undefined here; one that has no meaning is null.
 */
import { OBSERVATIONS_MIN } from "../statistics/batch-means.ts";
import { QUANTILES, type LatencySample } from "../statistics/latency.ts";
import { meanSampleSize } from "../statistics/mean.ts";
import { quantileSampleSize } from "../statistics/quantile.ts";
import { wilson, wilsonSampleSize } from "../statistics/wilson.ts";
import type { Counts, FaultResult, Interval } from "../result/types.ts";
import type { MetricPath } from "../spec/metric.ts";

/** What one run of a series observed for the assertion in question; null as in its result. */
export interface Replicate {
  readonly observed: number | null;
  /** Size of the sample it is a statistic of. */
  readonly n: number | null;
}

/** The numbers of a run or of a phase. */
export interface View {
  readonly counts: Partial<Counts> & Pick<Counts, "messages" | "delivered">;
  readonly latency: LatencySample;
  readonly service: LatencySample;
  /** Closed form of the delivery ratio; null for a phase. */
  readonly expected: number | null;
  readonly faults: readonly FaultResult[];
  /** Run by run, where these are the numbers of a series. */
  readonly replicates?: readonly Replicate[];
}

/** How far an observed number may be off. */
export interface Estimate {
  readonly interval: Interval | null;
  /** Why there is no interval, where there is none. */
  readonly why: string | undefined;
  /** How many messages would keep a threshold out of the interval; null where none would. */
  needed(threshold: number): number | null;
}

/** One metric, looked up. */
export interface Observation {
  readonly observed: number | null;
  /** Size of the sample it is a statistic of; null for a plain count. */
  readonly n: number | null;
  /** The estimate at a confidence; undefined for a number that is no estimate of anything. */
  readonly estimate: ((confidence: number) => Estimate) | undefined;
}

/** Looks a metric up in a view; `observed` is null where the view has no such number. */
export function observe(path: MetricPath, view: View): Observation {
  switch (path.group) {
    case "counts":
      return plain(view.counts[path.field as keyof Counts]);
    case "delivery":
      return path.field === "ratio" ? ratio(view) : plain(view.expected);
    case "latencyMs":
      return latency(path.field, view.latency);
    case "serviceMs":
      return latency(path.field, view.service);
    case "faults": {
      const fault = view.faults.find(({ id }) => id === path.fault);
      return plain(fault?.[path.field as "eligible" | "fired" | "expected" | "z"]);
    }
    default:
      return path.group satisfies never;
  }
}

function plain(observed: number | null | undefined): Observation {
  return { observed: observed ?? null, n: null, estimate: undefined };
}

function ratio({ counts }: View): Observation {
  const { delivered, messages } = counts;
  return {
    observed: messages === 0 ? null : delivered / messages,
    n: messages,
    estimate: (confidence) => ({
      interval: wilson(delivered, messages, confidence),
      why: undefined,
      needed: (threshold) => wilsonSampleSize(delivered, messages, threshold, confidence),
    }),
  };
}

function latency(field: string, sample: LatencySample): Observation {
  const summary = sample.summary();
  const observed = summary[field as keyof typeof summary];
  if (field === "n") return plain(observed);
  return { observed, n: sample.n, estimate: latencyEstimate(field, sample) };
}

function latencyEstimate(field: string, sample: LatencySample): Observation["estimate"] {
  if (field === "mean") return (confidence) => meanEstimate(sample, confidence);
  const q = QUANTILES[field as keyof typeof QUANTILES] as number | undefined;
  if (q === undefined) return undefined;
  return (confidence) => ({
    interval: sample.interval(q, confidence),
    why: undefined,
    needed: (threshold) =>
      quantileSampleSize(sample.atMost(threshold), sample.n, { q, confidence }),
  });
}

/** Batch means: messages of one run share their queues and outages. */
function meanEstimate(sample: LatencySample, confidence: number): Estimate {
  const estimate = sample.mean(confidence);
  const interval = estimate?.interval ?? null;
  if (estimate === null || interval === null) {
    const few = sample.n < OBSERVATIONS_MIN;
    return {
      interval,
      why: few
        ? `${sample.n} messages give a mean no interval, ${OBSERVATIONS_MIN} would`
        : "even the longest batches of messages resemble their neighbours, so the run is too short for its mean",
      needed: () => null,
    };
  }
  return {
    interval,
    why: undefined,
    needed: (threshold) => meanSampleSize(sample.n, estimate.mean, interval, threshold),
  };
}
