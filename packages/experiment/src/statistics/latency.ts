/**
 * Latencies of one sample: microseconds go in, a summary in milliseconds comes out.
 *
 * An HDR histogram with three significant digits, so memory does not grow with the messages;
 * least, greatest and mean are exact and kept beside it. Samples of several runs are merged bucket
 * by bucket, which gives what one sample of all of them would have: no rounding is added.
 */
import { type Int32Histogram, build } from "hdr-histogram-js";
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

/** A sample as plain data that can go to another thread: the filled buckets only. */
export interface LatencyBuckets {
  readonly n: number;
  readonly sumUs: number;
  /** Infinity where n is 0. */
  readonly minUs: number;
  readonly maxUs: number;
  /** Index of each filled bucket, ascending, and how many it holds. */
  readonly indexes: Uint32Array;
  readonly counts: Uint32Array;
}

/** One growing sample of latencies. */
export class LatencySample {
  #histogram: Int32Histogram | undefined;
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

  /** The sample so far as plain data. */
  buckets(): LatencyBuckets {
    const histogram = this.#histogram;
    const indexes: number[] = [];
    const counts: number[] = [];
    if (histogram !== undefined) {
      const last = histogram.countsArrayIndex(this.#maxUs);
      for (let index = histogram.countsArrayIndex(this.#minUs); index <= last; index += 1) {
        const count = histogram.getCountAtIndex(index);
        if (count === 0) continue;
        indexes.push(index);
        counts.push(count);
      }
    }
    return {
      n: this.#n,
      sumUs: this.#sumUs,
      minUs: this.#minUs,
      maxUs: this.#maxUs,
      indexes: Uint32Array.from(indexes),
      counts: Uint32Array.from(counts),
    };
  }

  /** Adds another sample, as if each of its latencies had been recorded here. */
  add({ n, sumUs, minUs, maxUs, indexes, counts }: LatencyBuckets): void {
    if (n === 0) return;
    const histogram = (this.#histogram ??= createHistogram());
    indexes.forEach((index, at) => {
      histogram.recordValueWithCount(histogram.valueFromIndex(index), counts[at] ?? 0);
    });
    this.#n += n;
    this.#sumUs += sumUs;
    this.#minUs = Math.min(this.#minUs, minUs);
    this.#maxUs = Math.max(this.#maxUs, maxUs);
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

  /**
   * The mean with its interval in milliseconds, by batches in the order of recording; null of nothing,
   * and of merged samples, whose order is not one: their runs say more (verdict/across-runs.ts).
   */
  mean(confidence: number): BatchMeans | null {
    const estimate = this.#series.n === this.#n ? this.#series.estimate(confidence) : null;
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

function createHistogram(): Int32Histogram {
  const histogram = build({
    bitBucketSize: 32,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_AT_FIRST_US,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  });
  // what `build` makes of 32 bits; its own type tells no buckets
  return histogram as Int32Histogram;
}
