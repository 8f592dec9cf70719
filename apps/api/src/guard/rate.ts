/**
 * How often a token may ask: a bucket of requests for each, refilled at a steady rate.
 *
 * Kept as one time a token (GCRA, the "virtual scheduling" form of ITU-T I.371): when its bucket
 * would be full again. There are never more buckets than tokens in force: ids only get here after
 * their secret was right.
 */

import type { Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";

const MS_PER_SECOND = 1000;

/** Counts requests by token. */
export class RateLimiter {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #everyMs: number;
  readonly #burstMs: number;
  /** When the bucket is full again, by id. */
  readonly #fullAt = new Map<string, number>();

  constructor(
    clock: Pick<Clock, "nowMs">,
    limits: Pick<Limits, "requestsPerSecondMax" | "requestBurstMax">,
  ) {
    this.#clock = clock;
    this.#everyMs = MS_PER_SECOND / limits.requestsPerSecondMax;
    this.#burstMs = this.#everyMs * limits.requestBurstMax;
  }

  /** 0 if the request may pass, and is counted; else the whole seconds after which one may. */
  take(id: string): number {
    const nowMs = this.#clock.nowMs();
    const kept = this.#fullAt.get(id) ?? 0;
    // No bucket takes longer than the burst to fill: the wall clock was set back, so begin anew.
    const isAhead = kept > nowMs + this.#burstMs + 1;
    const fullAt = isAhead ? nowMs : Math.max(kept, nowMs);
    const excessMs = fullAt + this.#everyMs - nowMs - this.#burstMs;
    // Half a microsecond: sums of fractions are not exact.
    if (excessMs > 0.0005) return Math.ceil(excessMs / MS_PER_SECOND);
    this.#fullAt.set(id, fullAt + this.#everyMs);
    return 0;
  }

  /** Forgets whoever is not in force any more. */
  retain(ids: { has(id: string): boolean }): void {
    for (const id of this.#fullAt.keys()) if (!ids.has(id)) this.#fullAt.delete(id);
  }
}
