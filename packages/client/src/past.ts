/**
 * What lies behind a message on its way: attempts, waits, and what they have left open.
 *
 * A value that grows with each attempt that failed. What is known never becomes unknown again, and
 * what may have been executed stays so, whatever later attempts say.
 */
import type { Backoff } from "./backoff.ts";
import { classify } from "./classify.ts";
import type { AttemptFailure } from "./failure.ts";

/** Where the waits stand, each kind of failure with its own. */
export interface Waits {
  readonly backoff: Backoff;
  /** After a failure of the class `throttled`. */
  readonly throttled: Backoff;
}

/** What lies behind an operation that has begun. */
export interface Past {
  /** Attempts begun so far. */
  readonly attempts: number;
  readonly waits: Waits;
  /** An attempt ended without proof that the peer did not execute it. */
  readonly unknown: boolean;
  /** The peer said of an attempt that it did not execute it: of one copy, if there were more. */
  readonly copied: boolean;
  /** The one free retry after being refused unprocessed has been had. */
  readonly spared: boolean;
  readonly last: AttemptFailure | undefined;
}

/** What lies behind an operation once an attempt of it has ended badly. */
export function pastAfter(before: Past, failure: AttemptFailure, handed: boolean): Past {
  const { executed, kind } = classify(failure, handed);
  return {
    attempts: handed ? before.attempts : before.attempts + 1,
    waits: before.waits,
    unknown: before.unknown || executed === "unknown",
    copied: before.copied || executed === "copy",
    spared: before.spared || kind === "unprocessed",
    last: failure,
  };
}
