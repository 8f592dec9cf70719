/**
 * What an attempt's end means for the operation: may it be repeated, and may it have executed?
 *
 * One table, matched by code, never by message (gRPC A6 and Finagle sort failures the same way).
 * `executed: "unknown"` is the honest answer whenever bytes left and no proof came back; a lost
 * reply looks exactly like a lost request. Budgets and throttling are not here: they decide how
 * often to repeat, this only says whether it makes sense.
 */
import type { AttemptFailure, ErrorReplyStatus } from "./failure.ts";

/** The two answers. */
export interface FailureClass {
  /** Another attempt may fare better. */
  readonly retry: boolean;
  /** `no`: provably not executed by this attempt. */
  readonly executed: "no" | "unknown";
}

const UNPROCESSED: FailureClass = { retry: true, executed: "no" };
const TRANSIENT: FailureClass = { retry: true, executed: "unknown" };
const REFUSED: FailureClass = { retry: false, executed: "no" };
const FORGOTTEN: FailureClass = { retry: false, executed: "unknown" };

const ERROR_REPLIES: Record<ErrorReplyStatus, FailureClass> = {
  // The reply may be what was lost, so the request may have been executed.
  lost: TRANSIENT,
  corrupt: UNPROCESSED,
  overloaded: UNPROCESSED,
  shuttingDown: UNPROCESSED,
  tooLarge: REFUSED,
  tooOld: FORGOTTEN,
  operationReused: REFUSED,
  unsupported: REFUSED,
};

/**
 * Classes a failed attempt.
 *
 * @param handed whether bytes of the attempt were handed to a link.
 */
export function classify(failure: AttemptFailure, handed: boolean): FailureClass {
  if (!handed) return UNPROCESSED;
  if (failure.code !== "error-reply") return TRANSIENT;
  return ERROR_REPLIES[failure.status as ErrorReplyStatus];
}
