/**
 * What a client has counted since it was made.
 *
 * Plain sums, kept while the client works and copied when asked for. They add up:
 * `operations = delivered + failed + indeterminate + rejected + inFlight + queued`, and
 * `attempts` is the sum of `ended` plus the attempts still under way. Rates and quantiles belong
 * to whoever reads them.
 */
import type { AttemptEnd } from "./outcome.ts";
import type { RttEstimate } from "@faultline/protocol";

/** The counts. */
export interface ClientStats {
  /** Messages submitted, refused ones included. */
  readonly operations: number;
  readonly delivered: number;
  readonly failed: number;
  readonly indeterminate: number;
  readonly rejected: number;
  /** Messages with an attempt made or under way, or waiting for the next one. */
  readonly inFlight: number;
  readonly queued: number;
  /** Attempts begun: bytes handed to a link, or a dial that failed on the message's behalf. */
  readonly attempts: number;
  /** Attempts beyond the first of each message. */
  readonly retries: number;
  /** Attempts sent beside another of the same message; counted among the retries, too. */
  readonly hedges: number;
  /** Retries that the budget did not pay for. */
  readonly retriesRefused: number;
  /** Attempts by how they ended in the end. */
  readonly ended: Readonly<Record<AttemptEnd, number>>;
  /** Times the client stopped waiting for a reply; one that came late after all is in `lateReplies` too. */
  readonly timeouts: number;
  /** Error replies to attempts under way. */
  readonly errorReplies: number;
  /** Links lost against the client's will: reset, ended under an attempt, silent or damaged. */
  readonly resets: number;
  /** Links opened after the first one. */
  readonly reconnects: number;
  /** Frames and texts refused because bytes were not what their sender wrote. */
  readonly corruptionsDetected: number;
  /** Replies nobody waited for any more. */
  readonly staleReplies: number;
  /** Replies accepted although their attempt had been given up. */
  readonly lateReplies: number;
  /** Deliveries whose reply may belong to another message (pipe codec). */
  readonly ambiguous: number;
  readonly pings: number;
  /** Bytes handed to links. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** What is known of the round trip; null where it is not measured. */
  readonly rtt: RttStats | null;
}

/** What is known of the round trip. */
export type RttStats = Omit<RttEstimate, "next" | "timeoutUs">;

/** What of it is counted as it happens. */
export type Counters = {
  -readonly [Name in keyof Omit<ClientStats, "ended" | "inFlight" | "queued" | "rtt">]: number;
} & { readonly ended: Record<AttemptEnd, number> };

/** The figures of an estimate. */
export function rttStats(estimate: RttEstimate | undefined): RttStats | null {
  if (estimate === undefined) return null;
  const { samples, latestUs, minUs, smoothedUs, variationUs } = estimate;
  return { samples, latestUs, minUs, smoothedUs, variationUs };
}

/** All zero. */
export function createCounters(): Counters {
  return {
    operations: 0,
    delivered: 0,
    failed: 0,
    indeterminate: 0,
    rejected: 0,
    attempts: 0,
    retries: 0,
    hedges: 0,
    retriesRefused: 0,
    ended: {
      reply: 0,
      "late-reply": 0,
      corrupt: 0,
      "error-reply": 0,
      timeout: 0,
      reset: 0,
      refused: 0,
      aborted: 0,
    },
    timeouts: 0,
    errorReplies: 0,
    resets: 0,
    reconnects: 0,
    corruptionsDetected: 0,
    staleReplies: 0,
    lateReplies: 0,
    ambiguous: 0,
    pings: 0,
    bytesSent: 0,
    bytesReceived: 0,
  };
}
