/**
 * The draws of one fault for one unit.
 *
 * The key is (seed, fault id, session, direction, message, attempt, copy, draw index), so
 * neither the order of asking nor any other fault has a say in it:
 *
 *   keyedUint32(seed, hashText(id), sessionHigh, sessionLow, way, messageHigh, messageLow,
 *               attempt, copy, index)        way: 0 request, 1 reply
 *
 * A chance is compared as integers, draw < floor(p · 2^32): 1 is always, 0 is never.
 */
import { hashText, Key, wordHigh } from "./keyed.ts";
import type { Direction, Unit } from "./verdict.ts";

/** One more than the largest draw. */
export const DRAW_RANGE = 0x1_0000_0000;

/** The integer that a draw must stay below to happen with chance `probability`. */
export function thresholdOf(probability: number): number {
  return Math.floor(probability * DRAW_RANGE);
}

/** A direction as a word of a key. */
export function wayOf(direction: Direction): number {
  return direction === "request" ? 0 : 1;
}

/** A unit's place along the messages of its way: a retry stands where the next message does. */
export function positionOf(unit: Unit): number {
  // Clamped, since stateful faults step back from here one by one.
  return Math.max(0, Math.min(unit.message + unit.attempt - 1, Number.MAX_SAFE_INTEGER));
}

/** Whose way it is: the part of a key that units of one session and direction share. */
export type Way = Pick<Unit, "direction" | "sessionHigh" | "sessionLow">;

/** Draws at one key after the other; made once per fault, moved from unit to unit. */
export class Draws {
  readonly #start: Key;
  readonly #key = new Key();

  constructor(seed: number, faultId: string) {
    this.#start = new Key().start(seed, hashText(faultId));
  }

  /** Stands at a unit. */
  at(unit: Unit): this {
    this.#stand(unit, unit.message).absorb(unit.attempt).absorb(unit.copy);
    return this;
  }

  /** Stands at a place along the messages that no single unit owns (attempt 0). */
  atPosition(way: Way, position: number): this {
    this.#stand(way, position).absorb(0).absorb(0);
    return this;
  }

  #stand(way: Way, message: number): Key {
    return this.#key
      .from(this.#start)
      .absorb(way.sessionHigh)
      .absorb(way.sessionLow)
      .absorb(wayOf(way.direction))
      .absorb(wordHigh(message))
      .absorb(message);
  }

  /** The draw with this index, unsigned 32 bits; the same again when asked again. */
  uint32(index: number): number {
    return this.#key.draw(index);
  }

  /**
   * An integer of 0 … limit-1 (limit at most 2^32), by multiplication.
   *
   * No value is likelier than another by more than limit / 2^32.
   */
  below(limit: number, index: number): number {
    return Math.floor((this.#key.draw(index) * limit) / DRAW_RANGE);
  }
}
