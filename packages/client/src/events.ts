/**
 * Everything a client does, as one union: for logs, traces and tests.
 *
 * Events tell and never steer; a listener cannot change what happens next. Without a listener
 * none is made. Times are microseconds of the client's clock.
 */
import type { RefusalCode } from "@faultline/protocol";
import type { Breaker } from "./breaker.ts";
import type { AttemptStatus } from "./failure.ts";
import type { AttemptEnd, Outcome } from "./outcome.ts";

/** What happened. */
export type ClientEvent = { readonly atUs: number } & (
  | { readonly event: "dial"; readonly remote: string }
  /** A link is open; `reconnect` says that it is not the first. */
  | {
      readonly event: "open";
      readonly local: string;
      readonly remote: string;
      readonly reconnect: boolean;
    }
  /** No link could be had, or an open one is gone. */
  | {
      readonly event: "dial-failed" | "lost";
      readonly status: AttemptStatus;
      readonly message: string;
    }
  | { readonly event: "sent"; readonly operation: number; readonly attempt: number }
  | {
      readonly event: "attempt-ended";
      readonly operation: number;
      readonly attempt: number;
      readonly ended: AttemptEnd;
      readonly status: AttemptStatus | undefined;
    }
  /** The message waits `delayUs` before its next attempt. */
  | { readonly event: "backoff"; readonly operation: number; readonly delayUs: number }
  /** A reply nobody waits for: its message has settled, or it names none of this client's. */
  | {
      readonly event: "stale-reply";
      readonly operation: number | undefined;
      readonly attempt: number | undefined;
    }
  /** Bytes that were not accepted. */
  | {
      readonly event: "refusal";
      readonly refused: RefusalCode | "pipe-corrupt" | "unexpected-type";
      readonly message: string;
    }
  | { readonly event: "ping" }
  /** The circuit breaker has changed; one that is shared is reported by who changed it. */
  | { readonly event: "breaker"; readonly state: Breaker["state"] }
  | { readonly event: "settled"; readonly outcome: Outcome }
);

/** Receives the events, in order, while they happen. */
export type ClientListener = (event: ClientEvent) => void;
