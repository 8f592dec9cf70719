/**
 * Says that a limit was met, but not a million times a second.
 *
 * The first time is an event at once; after that at most one a second for each limit, with how often
 * it was met since. No timer: what is left over is told with the next one, and the counters
 * have every single one anyway.
 */
import type { Clock } from "@faultline/protocol";
import type { ServerEventBody } from "../event.ts";
import type { ServerLimits } from "../limits.ts";

const PAUSE_US = 1_000_000;

/** @see module */
export class LimitAlarm {
  readonly #clock: Clock;
  readonly #limits: ServerLimits;
  readonly #emit: (event: ServerEventBody) => void;
  readonly #untold = new Map<keyof ServerLimits, { times: number; quietUntilUs: number }>();

  constructor(clock: Clock, limits: ServerLimits, emit: (event: ServerEventBody) => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#emit = emit;
  }

  /** The limit was met once more. */
  met(limit: keyof ServerLimits): void {
    const nowUs = this.#clock.nowUs();
    let state = this.#untold.get(limit);
    if (state === undefined) {
      state = { times: 0, quietUntilUs: nowUs };
      this.#untold.set(limit, state);
    }
    state.times++;
    if (nowUs < state.quietUntilUs) return;
    this.#emit({ event: "limit", limit, value: this.#limits[limit], times: state.times });
    state.times = 0;
    state.quietUntilUs = nowUs + PAUSE_US;
  }
}
