/**
 * Counts messages and attempts as they settle, for the run and for each phase alike.
 *
 * Everything here comes from the outcomes, so run and phases add up. A late reply counts as the
 * timeout it was before it came. Latency and service time are those of delivered messages.
 */
import type { Counts } from "../result/types.ts";
import { LatencySample } from "../statistics/latency.ts";
import type { Settled } from "./driver.ts";

/** The counts that outcomes alone can tell. */
export type MessageCounts = Pick<
  Counts,
  | "messages"
  | "delivered"
  | "failed"
  | "rejected"
  | "indeterminate"
  | "attempts"
  | "retries"
  | "timeouts"
  | "errorReplies"
  | "resets"
  | "corruptionsUndetected"
  | "ambiguous"
>;

/** The counts before anything has settled. */
export const NOTHING_SETTLED: MessageCounts = {
  messages: 0,
  delivered: 0,
  failed: 0,
  rejected: 0,
  indeterminate: 0,
  attempts: 0,
  retries: 0,
  timeouts: 0,
  errorReplies: 0,
  resets: 0,
  corruptionsUndetected: 0,
  ambiguous: 0,
};

/** One growing set of counts. */
export class Tally {
  readonly latency: LatencySample = new LatencySample();
  readonly service: LatencySample = new LatencySample();
  readonly #counts: { -readonly [Name in keyof MessageCounts]: number } = { ...NOTHING_SETTLED };

  /** The counts so far, a copy. */
  get counts(): MessageCounts {
    return { ...this.#counts };
  }

  /** Counts one settled message, and takes its times. */
  add(settled: Settled): void {
    this.count(settled);
    this.time(settled);
  }

  /** Takes the times of a settled message, if it was delivered. */
  time({ outcome, plannedUs }: Settled): void {
    if (outcome.outcome !== "delivered") return;
    const { attempts, endedUs, submittedUs } = outcome;
    this.latency.record(endedUs - plannedUs);
    this.service.record(endedUs - (attempts[0]?.sentUs ?? submittedUs));
  }

  /** Counts one settled message. */
  count({ outcome, right }: Settled): void {
    const counts = this.#counts;
    const { attempts } = outcome;
    counts.messages += 1;
    counts[outcomeOf(outcome)] += 1;
    counts.attempts += attempts.length;
    counts.retries += Math.max(0, attempts.length - 1);
    for (const { ended } of attempts) {
      if (ended === "timeout" || ended === "late-reply") counts.timeouts += 1;
      else if (ended === "error-reply") counts.errorReplies += 1;
      else if (ended === "reset") counts.resets += 1;
    }
    if (outcome.outcome !== "delivered") return;
    if (!right) counts.corruptionsUndetected += 1;
    if (outcome.ambiguous) counts.ambiguous += 1;
  }

  /** Counts messages that were never submitted. */
  reject(messages: number): void {
    this.#counts.messages += messages;
    this.#counts.rejected += messages;
  }
}

/** The outcome in the words of the contract: what was never sent was `rejected`, whoever gave up. */
export function outcomeOf({
  outcome,
  attempts,
}: Settled["outcome"]): "delivered" | "failed" | "indeterminate" | "rejected" {
  return outcome === "failed" && attempts.length === 0 ? "rejected" : outcome;
}
