/**
 * Lines that a stranger can cause at will, spaced: at most one a second for each, with how often it was
 * since the last.
 */

import type { Clock } from "../clock.ts";

/** Every line has at least this time to the one before of its name, in ms. */
const SPACE_MS = 1000;

/** Names that are counted apart. Those beyond share one count: nobody can fill the memory with names. */
const NAMES_MAX = 256;
const OTHERS = "others";

/** Counts by name. */
export class Spaced {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #seen = new Map<string, { times: number; toldMs: number }>();

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  /** It has happened once more. @returns how often since the last line; 0: say nothing */
  take(name: string): number {
    const nowMs = this.#clock.nowMs();
    const known = this.#seen.has(name) || this.#seen.size < NAMES_MAX ? name : OTHERS;
    const seen = this.#seen.get(known) ?? { times: 0, toldMs: -Infinity };
    this.#seen.set(known, seen);
    seen.times += 1;
    // A clock that was set back must not silence anything.
    if (nowMs - seen.toldMs < SPACE_MS && nowMs >= seen.toldMs) return 0;
    const { times } = seen;
    seen.times = 0;
    seen.toldMs = nowMs;
    return times;
  }
}
