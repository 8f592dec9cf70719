/**
 * Why an attempt or an operation failed, as values with a literal `code`.
 *
 * The world's failures are never thrown. Match on `code`; `message` is for people and may change.
 * An operation's failure keeps the last real error as its `cause`, with the number of attempts
 * beside it, so nobody has to guess what lies behind "attempts exhausted".
 */
import { type LinkError, StatusCode } from "@faultline/protocol";

/** The reason of an error reply, as a word. */
export type ErrorReplyStatus = Exclude<keyof typeof StatusCode, "ok">;

/** What is known about an attempt's end besides the end itself. */
export type AttemptStatus =
  /** The server's own word, on an error reply. */
  | ErrorReplyStatus
  /** Refused by another life of the server than it was sent to, which may have it all the same. */
  | "server-restarted"
  /** The reply stream was damaged beyond repair, so the link was dropped. */
  | "stream-damaged"
  /** The link stayed silent, a ping too was not answered, so the link was dropped. */
  | "link-silent"
  /** The peer ended the connection. */
  | "link-ended"
  /** The peer, or a box on the way, reset the connection. */
  | "link-reset"
  /** The link failed in another way. */
  | "link-failed"
  /** The endpoint refused the connection. */
  | "dial-refused"
  /** Connecting took longer than `connectTimeoutMs`. */
  | "dial-timeout"
  /** Connecting failed in another way. */
  | "dial-failed"
  /** The encrypted stream was cut: it ended without the peer's word. */
  | "link-truncated"
  /** Encrypted bytes came other than they were sent: an alert (bad_record_mac) ended the connection. */
  | "link-bad-record"
  | TrustStatus;

/**
 * Why the two ends of an encrypted link do not trust each other, in the link's own words; no attempt
 * would fare better.
 */
export type TrustStatus = Extract<
  LinkError["code"],
  `certificate-${string}` | "client-certificate-refused" | "protocol-mismatch"
>;

/** Why one attempt failed; the `cause` of an operation's failure. */
export interface AttemptFailure {
  readonly code: "timeout" | "corrupt" | "error-reply" | "reset" | "refused";
  readonly status: AttemptStatus | undefined;
  readonly message: string;
}

/** Why an operation was not delivered. */
export type ClientFailureCode =
  /** The caller's signal was aborted; `cause` is the signal's reason. */
  | "aborted"
  /** Every attempt allowed was made; `cause` is the last real error. */
  | "attempts-exhausted"
  /** The circuit breaker lets no attempt pass; `cause` is the last real error, if any. */
  | "breaker-open"
  /** A retry was due and the retry budget is empty; `cause` is the last real error. */
  | "budget-exhausted"
  /** The client was closed. */
  | "closed"
  /** The deadline came, or the next wait could not have ended before it; `cause` is the last real error. */
  | "deadline-exceeded"
  /** Not idempotent, sent over a codec without deduplication, and nobody knows what became of it. */
  | "outcome-unknown"
  /** The queue is at its limit. */
  | "queue-full"
  /** The message check refused the body. */
  | "refused-by-check"
  /** The server refuses this operation for good, or asks not to repeat it; `cause` says why. */
  | "refused-by-server"
  /** The body is larger than one frame or datagram can carry. */
  | "too-large"
  /** The endpoint is not trusted, or does not trust this client; `cause` says which and why. */
  | "untrusted";

/** Why an operation was not delivered, with the attempts made and what was behind it. */
export interface ClientFailure {
  readonly code: ClientFailureCode;
  readonly message: string;
  /** Attempts made, the failed dials among them. */
  readonly attempts: number;
  /** An `AttemptFailure`, or the reason of the caller's signal. */
  readonly cause?: unknown;
}

const STATUS_WORDS: ReadonlyMap<number, ErrorReplyStatus> = new Map(
  Object.entries(StatusCode)
    .filter(([word]) => word !== "ok")
    .map(([word, code]) => [code, word as ErrorReplyStatus]),
);

/** The word for a status on the wire; a decoder lets none through that has no word. */
export function statusWord(status: number): ErrorReplyStatus {
  return STATUS_WORDS.get(status) ?? "unsupported";
}
