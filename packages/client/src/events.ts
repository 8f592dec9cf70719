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

/** What happened; `submitted` and `settled` for every message, be it refused at the door. */
export type ClientEvent = { readonly atUs: number } & (
  | { readonly event: "submitted"; readonly operation: number; readonly bytes: number }
  /** It waits for a place in flight, as one of `waiting`; … */
  | { readonly event: "queued"; readonly operation: number; readonly waiting: number }
  /** … and was given one, after so long. */
  | { readonly event: "placed"; readonly operation: number; readonly waitedUs: number }
  /** `endpoint`, here and below: what a pool calls it; undefined outside of one. */
  | { readonly event: "dial"; readonly remote: string; readonly endpoint: string | undefined }
  /** A link is open; `reconnect` says that it is not the first. */
  | {
      readonly event: "open";
      readonly endpoint: string | undefined;
      readonly local: string;
      readonly remote: string;
      readonly reconnect: boolean;
    }
  /** No link could be had, or an open one is gone. */
  | {
      readonly event: "dial-failed" | "lost";
      readonly endpoint: string | undefined;
      readonly status: AttemptStatus;
      readonly message: string;
    }
  /** An open link was ended by this client, for good. */
  | { readonly event: "closed"; readonly endpoint: string | undefined }
  /** An attempt has begun; `hedge`: beside another one that is under way. */
  | {
      readonly event: "sent";
      readonly operation: number;
      readonly attempt: number;
      readonly hedge: boolean;
      readonly endpoint: string | undefined;
    }
  /** An attempt has ended, `tookUs` after it began. Told once for each. */
  | {
      readonly event: "attempt-ended";
      readonly operation: number;
      readonly attempt: number;
      readonly ended: Exclude<AttemptEnd, "late-reply">;
      readonly status: AttemptStatus | undefined;
      readonly tookUs: number;
      readonly endpoint: string | undefined;
    }
  /** The reply to an attempt that had ended came after all, `tookUs` after it began, and was of use. */
  | {
      readonly event: "late-reply";
      readonly operation: number;
      readonly attempt: number;
      readonly tookUs: number;
    }
  /** The message waits `delayUs` before its next attempt. */
  | { readonly event: "backoff"; readonly operation: number; readonly delayUs: number }
  /** The server says how long to wait before the next attempt. Infinity: there is to be none. */
  | {
      readonly event: "push-back";
      readonly operation: number;
      readonly attempt: number;
      readonly retryAfterUs: number;
    }
  /** An attempt was due and is not made: no token for it is left, or the circuit is open. */
  | {
      readonly event: "attempt-refused";
      readonly operation: number;
      readonly by: "budget" | "breaker";
    }
  /**
   * A reply is late and no hedge is sent: no token is left, hedges are a large enough share of
   * the load (`load`), all attempts were made, or the link takes no bytes.
   */
  | {
      readonly event: "hedge-refused";
      readonly operation: number;
      readonly by: "attempts" | "budget" | "link" | "load";
    }
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
  /** The link was silent, and is asked for a sign of life. */
  | { readonly event: "ping" }
  /** The circuit breaker has changed; one that is shared is reported by who changed it. */
  | { readonly event: "breaker"; readonly state: Breaker["state"] }
  /** A pool leaves that endpoint alone for so long. */
  | { readonly event: "ejected"; readonly endpoint: string; readonly forUs: number }
  | { readonly event: "settled"; readonly outcome: Outcome }
);

/** Receives the events, in order, while they happen. */
export type ClientListener = (event: ClientEvent) => void;
