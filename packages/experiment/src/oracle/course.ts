/**
 * Where the courses of a message stand: one state for all that share attempt, time and luck so far.
 *
 * Chances, sums and sums of squares of joined courses add up. Times are kept apart: what is certain
 * tells states from each other, what is random is carried as moments.
 */
import type { Ending } from "./attempts.ts";
import { momentsOf } from "./span.ts";

/** Courses that have come to the same point. */
export interface State {
  /** Chance of being here. */
  weight: number;
  /** Certain time gone, waits left out. */
  readonly atUs: number;
  readonly executed: boolean;
  /** Of each figure: Σ weight · value, Σ weight · value². */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  /** Random time gone: Σ weight · mean, Σ weight · mean square. */
  timeSum: number;
  timeSquare: number;
}

/** An ending with all that is the same whenever it comes. */
export interface Outcome {
  readonly ending: Ending;
  readonly ok: boolean;
  readonly mean: number;
  readonly square: number;
  readonly random: boolean;
}

/** The outcome of an ending. Loose times have no moments: NaN. */
export function outcomeOf(ending: Ending): Outcome {
  const { span, ended } = ending;
  const moments = momentsOf({ fixedUs: 0, parts: span.parts });
  const mean = moments === null ? NaN : moments.mean;
  return {
    ending,
    ok: ended === "reply",
    mean,
    square: moments === null ? NaN : moments.variance + mean * mean,
    random: span.parts.length > 0,
  };
}

/** Courses meet. */
export function join(into: State, other: State): void {
  into.weight += other.weight;
  into.timeSum += other.timeSum;
  into.timeSquare += other.timeSquare;
  for (let at = 0; at < into.sums.length; at += 1) {
    into.sums[at] = into.sums[at]! + other.sums[at]!;
    into.squares[at] = into.squares[at]! + other.squares[at]!;
  }
}
