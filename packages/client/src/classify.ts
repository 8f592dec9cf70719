/**
 * What an attempt's end means for the operation: may it be repeated, at what price, and may it
 * have executed?
 *
 * One table, matched by code, never by message (gRPC A6 and Finagle sort failures the same way).
 * `executed: "unknown"` is the honest answer whenever bytes left and no proof came back; a lost
 * reply looks exactly like a lost request. A server that says it did not execute a request speaks of
 * one copy of it. That is enough to decide what to do next; but only what the server would refuse for
 * ever, or what never left, is known to have had no effect.
 */
import type { AttemptFailure, ErrorReplyStatus, TrustStatus } from "./failure.ts";

/**
 * The classes of failure, and what each costs the retry budget:
 *
 *   unsent       no byte left the client                            free
 *   unprocessed  the server says that it did not execute it         free once for each message
 *   transient    another attempt may fare better                    a token
 *   throttled    the server has too much to do                      a token, and a longer wait
 *   fatal        no attempt would fare better                       not repeated
 *   untrusted    the two ends do not trust each other               not repeated
 *   unknown      the server no longer knows what became of it       not repeated
 */
export type FailureKind =
  | "unsent"
  | "unprocessed"
  | "transient"
  | "throttled"
  | "fatal"
  | "untrusted"
  | "unknown";

/** A class of failures. */
export interface FailureClass {
  readonly kind: FailureKind;
  /** Another attempt may fare better. */
  readonly retry: boolean;
  /**
   * `no`: neither this attempt nor a copy of it was executed, or ever will be. `copy`: the server did
   * not execute it, but perhaps another copy that the network made. `unknown`: nobody says.
   */
  readonly executed: "no" | "copy" | "unknown";
}

const UNSENT: FailureClass = { kind: "unsent", retry: true, executed: "no" };
const UNPROCESSED: FailureClass = { kind: "unprocessed", retry: true, executed: "copy" };
const TRANSIENT: FailureClass = { kind: "transient", retry: true, executed: "unknown" };
const THROTTLED: FailureClass = { kind: "throttled", retry: true, executed: "copy" };
const FATAL: FailureClass = { kind: "fatal", retry: false, executed: "no" };
const UNTRUSTED: FailureClass = { kind: "untrusted", retry: false, executed: "no" };
const UNKNOWN: FailureClass = { kind: "unknown", retry: false, executed: "unknown" };

const ERROR_REPLIES: Record<ErrorReplyStatus | "server-restarted", FailureClass> = {
  // The reply may be what was lost, so the request may have been executed.
  lost: TRANSIENT,
  corrupt: UNPROCESSED,
  overloaded: THROTTLED,
  shuttingDown: UNPROCESSED,
  "server-restarted": UNPROCESSED,
  tooLarge: FATAL,
  tooOld: UNKNOWN,
  operationReused: { ...FATAL, executed: "unknown" },
  unsupported: FATAL,
  unauthenticated: FATAL,
};

const TRUST: Readonly<Record<TrustStatus, true>> = {
  "certificate-expired": true,
  "certificate-not-yet-valid": true,
  "certificate-wrong-host": true,
  "certificate-untrusted": true,
  "client-certificate-refused": true,
  "protocol-mismatch": true,
};

/**
 * Classes a failed attempt.
 *
 * @param handed whether bytes of the attempt were handed to a link.
 */
export function classify(failure: AttemptFailure, handed: boolean): FailureClass {
  const { status } = failure;
  if (status !== undefined && Object.hasOwn(TRUST, status)) return UNTRUSTED;
  if (!handed) return UNSENT;
  if (failure.code !== "error-reply") return TRANSIENT;
  return ERROR_REPLIES[failure.status as keyof typeof ERROR_REPLIES];
}

const AGAINST_SERVER: ReadonlySet<FailureKind> = new Set(["unsent", "transient", "throttled"]);

/**
 * Whether a failure counts against the server: no answer, a lost one, too much to do. A refusal is
 * an answer, and a good one: it is the request that was wrong.
 */
export function isAgainstServer(failure: AttemptFailure, handed: boolean): boolean {
  return AGAINST_SERVER.has(classify(failure, handed).kind);
}
