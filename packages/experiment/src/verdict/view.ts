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
import type { Counts, FaultResult, Interval, WireResult } from "../result/types.ts";
import type { RecoveryMeasured } from "../run/recovery.ts";
import type { MetricPath } from "../spec/metric.ts";

/** The numbers of a run or of a phase. */
export interface View {
  readonly counts: Partial<Counts> & Pick<Counts, "messages" | "delivered">;
  readonly latency: LatencySample;
  readonly service: LatencySample;
  /** Closed form of the delivery ratio; null for a phase. */
  readonly expected: number | null;
  readonly faults: readonly FaultResult[];
  /** The one an assertion about recovery asks for. */
  readonly recovery: RecoveryMeasured | undefined;
  /** What the capture shows; null: there is none. */
  readonly wire: WireResult | null;
}

/** How far an observed number may be off. */
export interface Estimate {
  readonly interval: Interval | null;
  /** Why there is no interval, where there is none. */
  readonly why: string | undefined;
  /** What `needed` counts. */
  readonly unit: "messages" | "runs";
  /** How many would keep a threshold out of the interval; null where none would. */
  needed(threshold: number): number | null;
}

/** One metric, looked up. */
export interface Observation {
  readonly observed: number | null;
  /** Size of the sample it is a statistic of; null for a plain count. */
  readonly n: number | null;
  /** The estimate at a confidence; undefined for a number that is no estimate of anything. */
  readonly estimate: ((confidence: number) => Estimate) | undefined;
  /** Where nothing was observed although it was waited for: what is known of it, and why that is all. */
  readonly missed?: { readonly interval: Interval; readonly why: string };
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
    case "recovery":
      return recovery(path.field as "toFirstSuccessMs" | "toSteadyStateMs", view.recovery);
    case "wire":
      return plain(numberOf(view.wire?.[path.field as keyof WireResult]));
    default:
      return path.group satisfies never;
  }
}

function plain(observed: number | null | undefined): Observation {
  return { observed: observed ?? null, n: null, estimate: undefined };
}

/** A yes is 1, a no is 0. */
function numberOf(value: WireResult[keyof WireResult] | undefined): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : null;
}

/** A time that was never reached is longer than it was waited for: that may decide all the same. */
function recovery(
  field: "toFirstSuccessMs" | "toSteadyStateMs",
  measured: RecoveryMeasured | undefined,
): Observation {
  const observed = measured?.[field] ?? null;
  if (measured === undefined || observed !== null) return plain(observed);
  const longerThan =
    field === "toFirstSuccessMs"
      ? measured.firstSuccessLongerThanMs
      : measured.steadyStateLongerThanMs;
  const why = measured.reason ?? "it was not reached";
  return { ...plain(null), missed: { interval: [longerThan, null], why } };
}

function ratio({ counts }: View): Observation {
  const { delivered, messages } = counts;
  return {
    observed: messages === 0 ? null : delivered / messages,
    n: messages,
    estimate: (confidence) => ({
      interval: wilson(delivered, messages, confidence),
      why: undefined,
      unit: "messages",
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
    unit: "messages",
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
      unit: "messages",
      needed: () => null,
    };
  }
  return {
    interval,
    why: undefined,
    unit: "messages",
    needed: (threshold) => meanSampleSize(sample.n, estimate.mean, interval, threshold),
  };
}
