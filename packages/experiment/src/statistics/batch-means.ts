/**
 * The mean of a series whose neighbours resemble each other, by batch means.
 *
 * Messages share their outages and queues, so their spread says too little of how far the mean may be
 * off. Sums of long stretches resemble each other less: they are taken as independent, once
 * von Neumann's ratio finds no likeness between neighbours left (Fishman 1978, "Grouping observations
 * in digital simulation", Management Science 24:510-521; Law and Kelton, "Simulation Modeling and
 * Analysis", chapter 9). Batches are paired as the series grows, so memory does not.
 */
import { zOf } from "./normal.ts";
import { studentT } from "./student.ts";

/** Batches kept at most; when they are full, neighbours are paired. */
export const BATCHES_MAX = 64;
/** Batches below which likeness can no longer be told from chance. */
export const BATCHES_MIN = 8;
/** Observations below which a mean has no interval: a skewed dozen deceives Student's t. */
export const OBSERVATIONS_MIN = 20;
/** How sure neighbours must be alike before batches are paired, one-sided. */
const LIKENESS = zOf(0.9);

/** What the batches say of a mean. */
export interface BatchMeans {
  readonly mean: number;
  /** Null where there are too few observations, or where even the longest batches are alike. */
  readonly interval: [number, number] | null;
  readonly batches: number;
  /** Observations in each batch. */
  readonly batchSize: number;
  /** Correlation of neighbouring batches, less what so few show by chance. */
  readonly lag1: number;
}

/** A growing series of whole numbers (so that sums are exact). */
export class BatchSeries {
  #sums: number[] = [];
  #size = 1;
  #open = 0;
  #openCount = 0;
  #n = 0;
  #sum = 0;

  /** How many were recorded. */
  get n(): number {
    return this.#n;
  }

  /** Adds the next observation. */
  record(value: number): void {
    this.#n += 1;
    this.#sum += value;
    this.#open += value;
    this.#openCount += 1;
    if (this.#openCount < this.#size) return;
    this.#sums.push(this.#open);
    this.#open = 0;
    this.#openCount = 0;
    if (this.#sums.length < BATCHES_MAX) return;
    this.#sums = paired(this.#sums);
    this.#size *= 2;
  }

  /**
   * The mean so far, with the interval of the shortest batches that pass the check; null of nothing.
   *
   * @param confidence two-sided, 0.95 where left out.
   */
  estimate(confidence = 0.95): BatchMeans | null {
    if (this.#n === 0) return null;
    const mean = this.#sum / this.#n;
    let sums = this.#sums;
    let size = this.#size;
    let likeness = likenessOf(sums);
    while (!likeness.passed && sums.length >= 2 * BATCHES_MIN) {
      sums = paired(sums);
      size *= 2;
      likeness = likenessOf(sums);
    }
    const sound = likeness.passed && this.#n >= OBSERVATIONS_MIN;
    return {
      mean,
      interval: sound ? around(mean, sums, size, confidence) : null,
      batches: sums.length,
      batchSize: size,
      lag1: likeness.lag1,
    };
  }
}

/** Neighbours added up; an odd last one is left out. */
function paired(sums: readonly number[]): number[] {
  return Array.from(
    { length: Math.floor(sums.length / 2) },
    (_, index) => (sums[2 * index] ?? 0) + (sums[2 * index + 1] ?? 0),
  );
}

/**
 * 1 - Σ(x_i - x_i+1)² / 2Σ(x_i - x̄)²: the lag-1 correlation plus a correction at the ends. Its mean is 0
 * and its variance (m - 2)/(m² - 1) where neighbours are independent.
 */
function likenessOf(sums: readonly number[]): { readonly lag1: number; readonly passed: boolean } {
  const m = sums.length;
  const squares = squaresOf(sums);
  if (squares === 0 || m < 2) return { lag1: 0, passed: true };
  let steps = 0;
  for (let index = 1; index < m; index += 1) {
    const step = (sums[index] ?? 0) - (sums[index - 1] ?? 0);
    steps += step * step;
  }
  const lag1 = 1 - steps / (2 * squares);
  return { lag1, passed: lag1 <= LIKENESS * Math.sqrt((m - 2) / (m * m - 1)) };
}

function squaresOf(sums: readonly number[]): number {
  const mean = sums.reduce((total, sum) => total + sum, 0) / sums.length;
  return sums.reduce((total, sum) => total + (sum - mean) * (sum - mean), 0);
}

/** Student's t over the batches. The last, open one counts for the mean and not for the spread. */
function around(
  mean: number,
  sums: readonly number[],
  size: number,
  confidence: number,
): [number, number] {
  const m = sums.length;
  const half = (studentT(confidence, m - 1) * Math.sqrt(squaresOf(sums) / (m - 1) / m)) / size;
  return [mean - half, mean + half];
}
