/**
 * What an assertion can look at: the numbers of the whole run, or of one phase.
 *
 * One shape for both, so that an assertion does not care which it was given. A number that a
 * phase does not have is undefined here; one that has no meaning is null.
 */
import { QUANTILES, type LatencySample } from "../statistics/latency.ts";
import { wilson } from "../statistics/wilson.ts";
import type { Counts, FaultResult, Interval } from "../result/types.ts";
import type { MetricPath } from "../spec/metric.ts";

/** The numbers of a run or of a phase. */
export interface View {
  readonly counts: Partial<Counts> & Pick<Counts, "messages" | "delivered">;
  readonly latency: LatencySample;
  readonly service: LatencySample;
  /** Closed form of the delivery ratio; null for a phase. */
  readonly expected: number | null;
  readonly faults: readonly FaultResult[];
}

/** One metric, looked up. */
export interface Observation {
  readonly observed: number | null;
  /** Size of the sample it is a statistic of; null for a plain count. */
  readonly n: number | null;
  /** Successes, where it is a proportion of `n`. */
  readonly successes: number | undefined;
  /** The interval at a confidence, where it has one. */
  readonly interval: ((confidence: number) => Interval | null) | undefined;
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
  return { observed: observed ?? null, n: null, successes: undefined, interval: undefined };
}

function ratio({ counts }: View): Observation {
  const { delivered, messages } = counts;
  return {
    observed: messages === 0 ? null : delivered / messages,
    n: messages,
    successes: delivered,
    interval: (confidence) => wilson(delivered, messages, confidence),
  };
}

function latency(field: string, sample: LatencySample): Observation {
  const summary = sample.summary();
  const observed = summary[field as keyof typeof summary];
  if (field === "n") return plain(observed);
  const q = QUANTILES[field as keyof typeof QUANTILES] as number | undefined;
  const interval =
    q === undefined ? undefined : (confidence: number) => sample.interval(q, confidence);
  return { observed, n: sample.n, successes: undefined, interval };
}
