/**
 * What happens to messages over and over, in the words of exchange.ts: made once, or by one line.
 */
import type { Happening } from "./exchange.ts";
import type { AttemptFailure } from "./failure.ts";

/** It was given a place in flight. */
export const PLACED: Happening = { on: "placed" };
/** It was answered. */
export const REPLY: Happening = { on: "reply" };
/** The breaker is open. */
export const BARRED: Happening = { on: "barred" };
/** The client is closed, and waits no longer. */
export const CLOSED: Happening = { on: "abandoned", code: "closed", cause: undefined };
/** Why an attempt failed that had no answer in its time. */
export const TIMEOUT: AttemptFailure = {
  code: "timeout",
  status: undefined,
  message: "no reply in time",
};

/** Of an attempt: whether its bytes were handed to a link, and else whether another may take it. */
export interface Handing {
  readonly handed: boolean;
  readonly elsewhere: boolean;
}

const HANDED: Handing = { handed: true, elsewhere: false };

/** An attempt ended badly, of which the server said nothing. */
export function failed(
  failure: AttemptFailure,
  nowUs: number,
  { handed, elsewhere }: Handing = HANDED,
): Happening {
  return { on: "failed", nowUs, failure, handed, elsewhere, retryAfterUs: 0 };
}
