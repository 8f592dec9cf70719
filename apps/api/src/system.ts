/**
 * The real clock, timers and random bytes: the only place of this app that takes them from the
 * runtime. Whoever builds an app for the test bench passes others.
 */

import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { Clock, RandomBytes } from "./clock.ts";

/** Wall clock and timers of the runtime. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  nowIso: () => new Date().toISOString(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** Has a socket say `timeout` once after so long without a byte either way. */
export function watchSocket(socket: Socket, ms: number): void {
  socket.setTimeout(ms);
}

/** Cryptographic randomness of the runtime. */
export const systemRandom: RandomBytes = (count) => randomBytes(count);
