/**
 * Which numbers have come: the window against repetition, and what an ack tells of.
 *
 * Kept as runs, the highest first. Only so many runs are kept; below the lowest of them everything
 * counts as come, so what is forgotten can never be accepted twice. It may be refused once too
 * often, which its sender takes for a loss. A bitmap of fixed width was the road not taken: it
 * would have to be as wide as the fastest sender's window.
 */
import type { NumberRange } from "./wire.ts";

/** Runs kept: more gaps than that are only there where most packets are lost. */
const RANGES_MAX = 64;

interface Run {
  low: number;
  high: number;
}

/** A set of numbers that have come. */
export class NumbersSeen {
  readonly #runs: Run[] = [];
  readonly #runsMax: number;
  /** Everything below counts as come. */
  #floor = 0;

  /** @param runsMax how many gaps it remembers. @default 64 */
  constructor(runsMax: number = RANGES_MAX) {
    this.#runsMax = runsMax;
  }

  /** The highest number that came; -1 before the first. */
  get largest(): number {
    return this.#runs[0]?.high ?? this.#floor - 1;
  }

  /** The runs, the highest first. Valid until the next call. */
  get ranges(): readonly NumberRange[] {
    return this.#runs;
  }

  has(number: number): boolean {
    if (number < this.#floor) return true;
    for (const run of this.#runs) {
      if (number > run.high) return false;
      if (number >= run.low) return true;
    }
    return false;
  }

  /** Takes a number in that has not come before. */
  add(number: number): void {
    const runs = this.#runs;
    let at = 0;
    while (at < runs.length && runs[at]!.low > number) at++;
    const above = runs[at - 1];
    const below = runs[at];
    const joinsAbove = above !== undefined && above.low === number + 1;
    const joinsBelow = below !== undefined && below.high === number - 1;
    if (joinsAbove && joinsBelow) {
      above.low = below.low;
      runs.splice(at, 1);
    } else if (joinsAbove) above.low = number;
    else if (joinsBelow) below.high = number;
    else runs.splice(at, 0, { low: number, high: number });
    if (runs.length > this.#runsMax) this.#floor = runs.pop()!.high + 1;
  }

  /** From now on everything up to `number` counts as come, and is not listed any more. */
  settle(number: number): void {
    if (number < this.#floor) return;
    const runs = this.#runs;
    this.#floor = number + 1;
    while (runs.length > 0 && runs.at(-1)!.high <= number) runs.pop();
    const last = runs.at(-1);
    if (last !== undefined && last.low <= number) last.low = number + 1;
  }
}
