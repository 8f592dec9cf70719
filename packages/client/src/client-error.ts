/**
 * An outcome as an `Error`, for those who throw, log or report: the whole story in its `cause`.
 *
 *   ClientError "all 3 attempts failed" -> attempt 3 timed out -> attempt 2 … -> attempt 1 …
 *
 * The client itself throws none of these: outcomes are values. Printers and loggers follow `cause`
 * by themselves, newest first; an `AggregateError` was the road not taken, since many of them do not
 * look into its list. Match on `code`, here as there.
 */
import type { AttemptStatus, ClientFailureCode } from "./failure.ts";
import type { Attempt, AttemptEnd, NotDelivered, Outcome } from "./outcome.ts";

/** One attempt that brought no reply. */
export class AttemptError extends Error {
  override readonly name = "AttemptError";
  /** From 1. */
  readonly attempt: number;
  readonly code: AttemptEnd;
  readonly status: AttemptStatus | undefined;

  /** @param before the attempt before it. */
  constructor({ attempt, ended, endedUs, sentUs, status }: Attempt, before?: AttemptError) {
    const word = status === undefined ? ended : `${ended}, ${status},`;
    const message = `attempt ${attempt} ended as ${word} after ${(endedUs - sentUs) / 1000} ms`;
    super(message, before === undefined ? undefined : { cause: before });
    this.attempt = attempt;
    this.code = ended;
    this.status = status;
    // Where it was made says nothing: it is made when the outcome is looked at.
    this.stack = `${this.name}: ${message}`;
  }
}

/** Why a message was not delivered. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: ClientFailureCode;
  readonly outcome: NotDelivered["outcome"];
  /** The operation id. */
  readonly operation: number;
  /** Attempts made, the failed dials among them. */
  readonly attempts: number;

  constructor({ attempts, error, operation, outcome }: NotDelivered) {
    super(error.message, { cause: causeOf(error.code, error.cause, attempts) });
    this.code = error.code;
    this.outcome = outcome;
    this.operation = operation;
    this.attempts = error.attempts;
  }
}

/**
 * The error of a message that was not delivered. Its `cause` is the last attempt, whose `cause` is the
 * one before, and so on to the first; for one that was aborted it is the signal's own reason.
 *
 * @example
 * const outcome = await client.send("Hey");
 * if (outcome.outcome !== "delivered") throw errorOf(outcome);
 *
 * @returns undefined for a message that was delivered.
 */
export function errorOf(outcome: NotDelivered): ClientError;
export function errorOf(outcome: Outcome): ClientError | undefined;
export function errorOf(outcome: Outcome): ClientError | undefined {
  return outcome.outcome === "delivered" ? undefined : new ClientError(outcome);
}

function causeOf(code: ClientFailureCode, cause: unknown, attempts: readonly Attempt[]): unknown {
  if (code === "aborted") return cause;
  let last: AttemptError | undefined;
  for (const attempt of attempts) last = new AttemptError(attempt, last);
  return last;
}
