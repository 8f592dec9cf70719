/**
 * Latencies of one sample: microseconds go in, a summary in milliseconds comes out.
 *
 * An HDR histogram with three significant digits, so memory does not grow with the messages;
 * least, greatest and mean are exact and kept beside it. Merging is not offered: phases are
 * recorded twice instead, which costs less than explaining a merged rounding.
 */
import { type Histogram, build } from "hdr-histogram-js";
import type { Interval, LatencySummary } from "../result/types.ts";
import { type BatchMeans, BatchSeries } from "./batch-means.ts";
import { nearestRank, quantileRanks, supports } from "./quantile.ts";

const SIGNIFICANT_DIGITS = 3;
const HIGHEST_AT_FIRST_US = 2 ** 22;
const US_PER_MS = 1_000;

/** The quantiles of a summary, by the name of their field. */
export const QUANTILES: Readonly<Record<"p50" | "p90" | "p95" | "p99" | "p999", number>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
};

/** One growing sample of latencies. */
export class LatencySample {
  #histogram: Histogram | undefined;
  readonly #series = new BatchSeries();
  #n = 0;
  #sumUs = 0;
  #minUs = Infinity;
  #maxUs = 0;

  /** Adds one latency in whole microseconds; below 0 counts as 0. */
  record(us: number): void {
    const value = Math.max(0, us);
    this.#histogram ??= createHistogram();
    this.#histogram.recordValue(value);
    this.#series.record(value);
    this.#n += 1;
    this.#sumUs += value;
    if (value < this.#minUs) this.#minUs = value;
    if (value > this.#maxUs) this.#maxUs = value;
  }

  /** How many were recorded. */
  get n(): number {
    return this.#n;
  }

  /** The whole sample in milliseconds; what it cannot support is null. */
  summary(): LatencySummary {
    const n = this.#n;
    const quantile = (q: number): number | null =>
      supports(q, n) ? this.#at(nearestRank(q, n)) : null;
    return {
      n,
      min: n === 0 ? null : this.#minUs / US_PER_MS,
      mean: n === 0 ? null : this.#sumUs / n / US_PER_MS,
      p50: quantile(QUANTILES.p50),
      p90: quantile(QUANTILES.p90),
      p95: quantile(QUANTILES.p95),
      p99: quantile(QUANTILES.p99),
      p999: quantile(QUANTILES.p999),
      max: n === 0 ? null : this.#maxUs / US_PER_MS,
    };
  }

  /** The order-statistic interval of a quantile in milliseconds; null on a side it does not bound. */
  interval(q: number, confidence: number): Interval {
    const { lower, upper } = quantileRanks(q, this.#n, confidence);
    return [lower === null ? null : this.#at(lower), upper === null ? null : this.#at(upper)];
  }

  /** The mean with its interval in milliseconds, by batches in the order of recording; null of nothing. */
  mean(confidence: number): BatchMeans | null {
    const estimate = this.#series.estimate(confidence);
    if (estimate === null) return null;
    const { mean, interval } = estimate;
    return {
      ...estimate,
      mean: mean / US_PER_MS,
      interval: interval && [interval[0] / US_PER_MS, interval[1] / US_PER_MS],
    };
  }

  /** How many of the sample are at most so many milliseconds, to the histogram's precision. */
  atMost(ms: number): number {
    let low = 0;
    let high = this.#n;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#at(middle) <= ms) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The q quantile in milliseconds by nearest rank, however small the sample; null of nothing. */
  quantile(q: number): number | null {
    return this.#n === 0 ? null : this.#at(nearestRank(q, this.#n));
  }

  /** The value of a rank (from 1), within the histogram's precision and never outside min … max. */
  #at(rank: number): number {
    const percentile = ((rank - 0.5) / this.#n) * 100;
    const us = this.#histogram?.getValueAtPercentile(percentile) ?? 0;
    return Math.min(this.#maxUs, Math.max(this.#minUs, us)) / US_PER_MS;
  }
}

function createHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_AT_FIRST_US,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  });
}
