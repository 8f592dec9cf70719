/**
 * The exclusive draw: one for each attempt, over all faults by their probabilities.
 *
 *   0            0.2           0.4           0.6                         1   (· 2^32)
 *   |--- loss ---|--- delay ---|-- corrupt --|--------- nothing ---------|
 *
 * The key holds neither direction nor fault: request and reply of an attempt look up the same
 * draw, and the fault it names acts on its own direction. Datagrams and chunks of a foreign
 * protocol have no request and reply that belong together, so there each unit is an attempt.
 */
import { DRAW_RANGE } from "./draws.ts";
import { hashText, Key, wordHigh } from "./keyed.ts";
import type { Slot } from "./slot.ts";
import type { Unit } from "./verdict.ts";

/** No fault can have this id: parentheses are not allowed in one. */
const STREAM = hashText("(exclusive)");

/** Words that stand in the place of the direction. */
const PAIRED = 0;
const UNPAIRED = { request: 1, reply: 2 } as const;

/** Whether request and reply of this unit share one draw. An end of a stream (attempt 0) is alone. */
export function isPaired(unit: Unit): boolean {
  return unit.kind === "message" && unit.attempt > 0;
}

/** The weighted draw over the slots of a plan. */
export class ExclusiveDraw {
  readonly #start: Key;
  readonly #key = new Key();
  readonly #slots: readonly Slot[];
  /** Where the share of each slot ends. */
  readonly #ends: readonly number[];

  constructor(seed: number, slots: readonly Slot[]) {
    this.#start = new Key().start(seed, STREAM);
    this.#slots = slots;
    this.#ends = sharesOf(slots.map(({ threshold }) => threshold));
  }

  /** The fault that this attempt has drawn, if any. */
  pick(unit: Unit): Slot | undefined {
    const draw = this.#key
      .from(this.#start)
      .absorb(unit.sessionHigh)
      .absorb(unit.sessionLow)
      .absorb(isPaired(unit) ? PAIRED : UNPAIRED[unit.direction])
      .absorb(wordHigh(unit.message))
      .absorb(unit.message)
      .draw(unit.attempt);
    const index = this.#ends.findIndex((end) => draw < end);
    return this.#slots[index];
  }
}

/** Where each share ends, given the thresholds in order. */
export function sharesOf(thresholds: readonly number[]): number[] {
  let end = 0;
  const ends = thresholds.map((threshold) => (end += threshold));
  // Shares are rounded down, so ten times 0.1 falls short of 1 by a few parts: make it whole.
  if (DRAW_RANGE - end <= ends.length && ends.length > 0) ends[ends.length - 1] = DRAW_RANGE;
  return ends;
}
