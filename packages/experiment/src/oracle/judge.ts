/**
 * Theory beside measurement: how many standard deviations each figure of a run is off.
 *
 *   counts, means    z = (observed - expected) / standard deviation of that sum or mean
 *   quantile q       z = (F(observed) - q) / √(q(1-q) / n), F the law of single latencies
 *
 * A sample quantile is off where too many observations lie beyond it, so z counts those; between the
 * ends of the histogram's bucket, or where F jumps over q, it is 0. What has no variance is certain:
 * then z is null where it came true, and ±1 000 000 where it did not.
 */
import type { LatencySample } from "../statistics/latency.ts";
import type { Counts, FaultResult, OracleResult } from "../result/types.ts";
import { QUANTILES } from "../statistics/latency.ts";
import { quantileUs } from "./mixture.ts";
import type { Forecast, Sum, TimeLaw } from "./terms.ts";

/** z of what was certain and did not happen. */
export const Z_CERTAIN = 1_000_000;

/** What a run, or a series of alike runs, came to. */
export interface Observed {
  readonly counts: Counts;
  readonly latency: LatencySample;
  readonly service: LatencySample;
  readonly faults: readonly FaultResult[];
  /** How many runs of the spec this is. */
  readonly runs: number;
  /** Why theory has nothing to say of what was observed, though it may of the spec. */
  readonly cutShort: string | undefined;
}

/** What is said of the delivery ratio. */
export interface DeliveryOracle {
  readonly expected: number | null;
  readonly z: number | null;
  readonly reason: string | null;
}

const US_PER_MS = 1_000;
const DIGITS = 12;
const DIGITS_OF_Z = 5;
/** What sums of products of shares may be off by rounding, as a part of themselves. */
const ROUNDING = 1e-9;
/** The histogram keeps three digits (statistics/latency.ts). */
const BUCKET = 1e-3;

const COUNTS = [
  "attempts",
  "retries",
  "timeouts",
  "errorReplies",
  "resets",
  "corruptionsDetected",
  "executions",
  "duplicatesSuppressed",
  "staleReplies",
] as const satisfies readonly (keyof Counts)[];

const QUANTILES_TOLD = ["p50", "p90", "p99"] as const;

/** The delivery ratio beside its closed form. */
export function judgeDelivery({ delivered }: Forecast, observed: Observed): DeliveryOracle {
  const { counts, runs, cutShort } = observed;
  if (typeof delivered === "string") return { expected: null, z: null, reason: delivered };
  // how a run that was cut short would have ended is still known
  const messages = counts.messages;
  const expected = messages === 0 ? null : rounded((runs * delivered.mean) / messages, DIGITS);
  if (cutShort !== undefined) return { expected, z: null, reason: cutShort };
  return { expected, z: zOfSum(counts.delivered, delivered, runs), reason: null };
}

/** Every other oracle, in a fixed order. */
export function judgeFigures(forecast: Forecast, observed: Observed): OracleResult[] {
  const { counts, latency, service, faults, runs } = observed;
  const figures: [string, number][] = [
    ...COUNTS.map((name): [string, number] => [`counts.${name}`, counts[name]]),
    ...faults.map(({ id, fired }): [string, number] => [`faults.${id}.fired`, fired]),
  ];
  const all = [
    ...figures.map(([metric, value]) => judgeCount(forecast, observed, { metric, value })),
    ...judgeTimes("latencyMs", forecast.latency, { sample: latency, runs }),
    ...judgeTimes("serviceMs", forecast.service, { sample: service, runs }),
  ];
  const { cutShort } = observed;
  return cutShort === undefined ? all : all.map((one) => silent(one, cutShort));
}

function silent({ metric, observed }: OracleResult, reason: string): OracleResult {
  return { metric, expected: null, observed, z: null, reason };
}

function judgeCount(
  { counts, otherwise }: Forecast,
  { runs }: Observed,
  { metric, value }: { metric: string; value: number },
): OracleResult {
  const sum = counts.get(metric);
  if (sum === undefined) {
    return { metric, expected: null, observed: value, z: null, reason: otherwise };
  }
  const expected = rounded(runs * sum.mean, DIGITS);
  return { metric, expected, observed: value, z: zOfSum(value, sum, runs), reason: null };
}

function judgeTimes(
  group: "latencyMs" | "serviceMs",
  law: TimeLaw | string,
  { sample, runs }: { readonly sample: LatencySample; readonly runs: number },
): OracleResult[] {
  const summary = sample.summary();
  const none = (field: keyof typeof summary, reason: string): OracleResult => {
    return {
      metric: `${group}.${field}`,
      expected: null,
      observed: summary[field],
      z: null,
      reason,
    };
  };
  const fields = ["mean", ...QUANTILES_TOLD] as const;
  if (typeof law === "string") return fields.map((field) => none(field, law));
  const { mean: observed } = summary;
  if (observed === null)
    return fields.map((field) => none(field, `nothing was delivered, under these "faults"`));
  const expected = rounded(law.meanUs / US_PER_MS, DIGITS);
  // the mean of several runs is as much surer
  const variance = law.varianceOfMean / (US_PER_MS * US_PER_MS) / runs;
  const z = zOf(observed, law.meanUs / US_PER_MS, variance);
  const mean = { metric: `${group}.mean`, expected, observed, z, reason: null };
  const quantiles = QUANTILES_TOLD.map((field): OracleResult => {
    const value = summary[field];
    if (typeof law.spread === "string") return none(field, law.spread);
    if (value === null) return none(field, `"workload.messages" are too few to bound it`);
    const us = quantileUs(law.spread, QUANTILES[field]);
    return {
      metric: `${group}.${field}`,
      expected: rounded(us / US_PER_MS, DIGITS),
      observed: value,
      z: zOfQuantile(law.spread, { q: QUANTILES[field], us: value * US_PER_MS, n: sample.n }),
      reason: null,
    };
  });
  return [mean, ...quantiles];
}

function zOfSum(observed: number, { mean, variance }: Sum, runs: number): number | null {
  return zOf(observed, runs * mean, runs * variance);
}

function zOf(observed: number, mean: number, variance: number): number | null {
  const off = observed - mean;
  const rounding = ROUNDING * Math.max(1, Math.abs(mean));
  if (Math.sqrt(Math.max(0, variance)) > rounding) {
    return rounded(off / Math.sqrt(variance), DIGITS_OF_Z);
  }
  if (Math.abs(off) <= rounding) return null;
  return off > 0 ? Z_CERTAIN : -Z_CERTAIN;
}

function zOfQuantile(
  law: NonNullable<Exclude<TimeLaw["spread"], string>>,
  { q, us, n }: { q: number; us: number; n: number },
): number {
  const below = law.atMost(Math.floor(us * (1 - BUCKET)) - 1);
  const upTo = law.atMost(Math.ceil(us));
  if (below <= q && q <= upTo) return 0;
  const off = below > q ? below - q : upTo - q;
  return rounded(off / Math.sqrt((q * (1 - q)) / n), DIGITS_OF_Z);
}

/** So many significant digits: what engines agree on, and what a reader can use. */
function rounded(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}
