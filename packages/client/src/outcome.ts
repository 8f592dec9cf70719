/**
 * What became of a message: a value with all its attempts, never an exception.
 *
 * The log of attempts is part of the outcome, not of the events: whoever asks "why did this take
 * four seconds" has the answer in hand. Times are microseconds of the client's clock.
 */
import type { AttemptStatus, ClientFailure } from "./failure.ts";

/** How an attempt ended. */
export type AttemptEnd =
  /** By its reply, in time. */
  | "reply"
  /** Its reply came after the client had stopped waiting for it, and was still of use. */
  | "late-reply"
  /** Its reply was damaged, and the checksum showed it. */
  | "corrupt"
  /** By an error reply. */
  | "error-reply"
  /** No reply within `attemptTimeoutMs`, or before the deadline. */
  | "timeout"
  /** The link was lost while it was under way. */
  | "reset"
  /** No link could be had for it. */
  | "refused"
  /** Another attempt's reply, the caller or `close` made it pointless. */
  | "aborted";

/** One transmission of a message. */
export interface Attempt {
  /** From 1. */
  readonly attempt: number;
  /** When its bytes were handed to the link; for `refused`, when it began to wait for one. */
  readonly sentUs: number;
  readonly endedUs: number;
  readonly ended: AttemptEnd;
  /** The server's word on an error reply, or what happened to the link. */
  readonly status: AttemptStatus | undefined;
  /** The endpoint of a pool that it went to; undefined outside of one. */
  readonly endpoint: string | undefined;
  /** This end of the link, as `host:port`; empty where there was none. */
  readonly local: string;
  /** How many messages had been sent on that link before; undefined where there was none. */
  readonly sequence: number | undefined;
}

interface Course {
  /** The operation id: counts up from 0 in the order of submission, refused messages included. */
  readonly operation: number;
  readonly attempts: readonly Attempt[];
  readonly submittedUs: number;
  readonly endedUs: number;
}

/** A reply was accepted before the deadline. */
export interface Delivered extends Course {
  readonly outcome: "delivered";
  /** The reply's payload, the caller's own copy; undefined only with `expectReply: false`. */
  readonly reply: Uint8Array | undefined;
  /** The server answered from its reply cache: it had executed an earlier attempt. */
  readonly replayed: boolean;
  /** Pipe codec only: the reply may belong to an earlier message or attempt of the same body. */
  readonly ambiguous: boolean;
  readonly error: undefined;
}

/**
 * `failed`: given up, and either known not to have executed or of no harm if it did.
 * `indeterminate`: given up, not idempotent, and it may have executed.
 * `rejected`: refused at the door, nothing was sent.
 */
export interface NotDelivered extends Course {
  readonly outcome: "failed" | "indeterminate" | "rejected";
  readonly reply: undefined;
  readonly replayed: false;
  readonly ambiguous: false;
  readonly error: ClientFailure;
}

/** What became of a message. */
export type Outcome = Delivered | NotDelivered;
