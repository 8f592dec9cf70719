/** A clock that moves only when told; timers fire in the order of their time, then of arming. */

import type { Clock } from "../../src/clock.ts";

export interface FakeClock extends Clock {
  /** Moves on and fires what is due, each timer at its own time. */
  advance(ms: number): void;
  /** Timers armed now. */
  readonly armed: number;
}

export function makeFakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let now = startMs;
  let timers: { at: number; action: () => void }[] = [];
  return {
    nowMs: () => now,
    nowIso: () => new Date(now).toISOString(),
    after(ms, action) {
      const timer = { at: now + ms, action };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const [due] = timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
        if (due === undefined) break;
        timers = timers.filter((other) => other !== due);
        now = due.at;
        due.action();
      }
      now = until;
    },
    get armed() {
      return timers.length;
    },
  };
}
