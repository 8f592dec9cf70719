/**
 * What a model hands over: for each figure its mean and variance over the whole run.
 */
import type { Distribution } from "./mixture.ts";

/** A figure summed over the messages of a run. */
export interface Sum {
  readonly mean: number;
  readonly variance: number;
}

/** What cannot happen. */
export const NEVER: Sum = { mean: 0, variance: 0 };

/** How long delivered messages take. */
export interface TimeLaw {
  readonly meanUs: number;
  /** Of the mean over the run's delivered messages, in square microseconds. */
  readonly varianceOfMean: number;
  /** How single times are spread where messages are independent, or why that has no closed form. */
  readonly spread: Distribution | string;
}

/** What theory says of a run. A text says why it says nothing. */
export interface Forecast {
  /** Delivered messages. */
  readonly delivered: Sum | string;
  /** By metric path: `counts.attempts`, `faults.flip.fired` … */
  readonly counts: ReadonlyMap<string, Sum>;
  /** Why there is no form for the counts that are missing. */
  readonly otherwise: string;
  /** From plan to end. */
  readonly latency: TimeLaw | string;
  /** From the first sending to the end. */
  readonly service: TimeLaw | string;
}
