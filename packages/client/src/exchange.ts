/**
 * One operation's course from the queue to its outcome: a pure state machine.
 *
 *   queued -> ready -> sent -> settled
 *               ^        |
 *               +-backoff+
 *
 * It decides and nothing else: no bytes, no timers, no list of attempts. The flow tells it what
 * happened and obeys the state it returns. Every rule about retries, deadlines and honest
 * outcomes stands here and can be tested with numbers. Only the budget is touched, since it is
 * shared with others. One async function with a loop was the
 * road not taken: it cannot run on a simulated clock without promises deciding the order.
 */
import type { Draw } from "@faultline/protocol";
import type { FailureKind } from "./classify.ts";
import { classify } from "./classify.ts";
import type { AttemptFailure, ClientFailure, ClientFailureCode } from "./failure.ts";
import type { Past, Waits } from "./past.ts";
import { pastAfter } from "./past.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** What is fixed for one operation. */
export interface Rules {
  /** The operation id: the key of its draws. */
  readonly operation: number;
  readonly attemptsMax: number;
  readonly deadlineUs: number;
  /** Executing it twice does no harm, so the caller need not know whether it was executed. */
  readonly idempotent: boolean;
  /** The peer executes an operation once, however often it is sent. */
  readonly deduplicated: boolean;
  readonly draw: Draw;
  /** What every message of the client begins as. */
  readonly beginning: Beginning;
  /** Asked when a retry is planned, and paid when its wait is over. */
  readonly budget: Pick<RetryBudget, "canSpend" | "spend">;
}

/**
 * The first states of every message of a client, made once: they differ in nothing, and most
 * messages need no other.
 */
export interface Beginning {
  readonly queued: Exchange;
  readonly ready: Exchange;
  /** What lies behind a message before its first attempt, … */
  readonly untried: Past;
  /** … and when that has been sent. */
  readonly tried: Past;
}

/** Where an operation stands. */
export type Exchange =
  /** Waits for a place in flight. */
  | { readonly at: "queued"; readonly past: Past }
  /** May be sent as soon as the link takes it. */
  | { readonly at: "ready"; readonly past: Past }
  /** An attempt is under way; it times out at `untilUs`. */
  | { readonly at: "sent"; readonly past: Past; readonly untilUs: number }
  /** Waits until `untilUs` before the next attempt, which costs a token unless it is `free`. */
  | {
      readonly at: "backoff";
      readonly past: Past;
      readonly untilUs: number;
      readonly free: boolean;
    }
  | Settled;

/** The end: without a failure exactly where it was delivered. */
export type Settled =
  | { readonly at: "settled"; readonly outcome: "delivered"; readonly failure: undefined }
  | {
      readonly at: "settled";
      readonly outcome: "failed" | "indeterminate" | "rejected";
      readonly failure: ClientFailure;
    };

/** What can happen to an operation. */
export type Happening =
  /** It was not let in. */
  | { readonly on: "refused"; readonly code: ClientFailureCode; readonly message: string }
  /** It was given a place in flight. */
  | { readonly on: "placed" }
  /** An attempt's bytes were handed to the link; its reply may take so long. */
  | { readonly on: "sent"; readonly nowUs: number; readonly timeoutUs: number }
  /** The attempt under way ended badly, or (`handed: false`) a dial on its behalf did. */
  | {
      readonly on: "failed";
      readonly nowUs: number;
      readonly failure: AttemptFailure;
      readonly handed: boolean;
      /** Another endpoint may take it at once. */
      readonly elsewhere: boolean;
      /** The server's wish, 0 for none: the next wait is exactly this long. Infinity: no retry. */
      readonly retryAfterUs: number;
    }
  /** A second attempt was sent beside the one under way. */
  | { readonly on: "hedged" }
  /** One of two attempts under way ended badly; the other may still be answered. */
  | { readonly on: "twin-failed"; readonly failure: AttemptFailure }
  /** The circuit breaker does not let its next attempt pass. */
  | { readonly on: "barred" }
  /** The time came that the state was waiting for, or the deadline. */
  | { readonly on: "due"; readonly nowUs: number }
  /** A good reply to any of its attempts. */
  | { readonly on: "reply" }
  /** The caller, or the client as a whole, gives up. */
  | { readonly on: "abandoned"; readonly code: "aborted" | "closed"; readonly cause: unknown };

/** The first states of all operations whose waits begin like this. */
export function begin(waits: Waits): Beginning {
  const nothing = { unknown: false, copied: false, spared: false, last: undefined };
  const untried = { attempts: 0, waits, ...nothing };
  return {
    queued: { at: "queued", past: untried },
    ready: { at: "ready", past: untried },
    untried,
    tried: { ...untried, attempts: 1 },
  };
}

const DELIVERED: Settled = { at: "settled", outcome: "delivered", failure: undefined };

/** What follows from what happened. A settled exchange stays as it is. */
export function advance(exchange: Exchange, happening: Happening, rules: Rules): Exchange {
  if (exchange.at === "settled") return exchange;
  const { past } = exchange;
  switch (happening.on) {
    case "refused":
      return refused(happening);
    case "placed":
      return past === rules.beginning.untried ? rules.beginning.ready : { at: "ready", past };
    case "sent":
      return sent(past, happening, rules);
    case "failed":
      return failed(past, happening, rules);
    case "hedged":
      return { ...exchange, past: { ...past, attempts: past.attempts + 1 } };
    case "twin-failed":
      return { ...exchange, past: pastAfter(past, happening.failure, true) };
    case "barred":
      return giveUp(past, rules, "breaker-open", "the circuit breaker is open");
    case "due":
      return due(exchange, happening.nowUs, rules);
    case "reply":
      return DELIVERED;
    case "abandoned":
      return abandoned(exchange, happening, rules);
    default:
      return happening satisfies never;
  }
}

function refused({ code, message }: Happening & { readonly on: "refused" }): Settled {
  const failure = { code, message, attempts: 0 };
  return { at: "settled", outcome: "rejected", failure };
}

function sent(
  past: Past,
  { nowUs, timeoutUs }: Happening & { readonly on: "sent" },
  rules: Rules,
): Exchange {
  const untilUs = Math.min(nowUs + timeoutUs, rules.deadlineUs);
  const { tried, untried } = rules.beginning;
  if (past === untried) return { at: "sent", past: tried, untilUs };
  const { waits, unknown, copied, spared, last } = past;
  const attempts = past.attempts + 1;
  return { at: "sent", past: { attempts, waits, unknown, copied, spared, last }, untilUs };
}

function failed(
  before: Past,
  happening: Happening & { readonly on: "failed" },
  rules: Rules,
): Exchange {
  const { elsewhere, failure, handed, nowUs, retryAfterUs } = happening;
  const found = classify(failure, handed);
  const past = pastAfter(before, failure, handed);
  if (found.kind === "untrusted") return giveUp(past, rules, "untrusted", "there is no trust");
  if (!found.retry) return giveUp(past, rules, "refused-by-server", "the server refuses it");
  if (past.unknown && !rules.idempotent && !rules.deduplicated) {
    return giveUp(
      past,
      rules,
      "outcome-unknown",
      "it may have been executed and must not be repeated",
    );
  }
  if (nowUs >= rules.deadlineUs) return tooLate(past, rules);
  if (past.attempts >= rules.attemptsMax) {
    return giveUp(past, rules, "attempts-exhausted", `all ${past.attempts} attempts failed`);
  }
  if (retryAfterUs === Infinity) {
    return giveUp(past, rules, "refused-by-server", "the server asks not to repeat it");
  }
  // No byte has left, and somebody else may be there: nobody is spared anything by a wait.
  if (found.kind === "unsent" && elsewhere) return { at: "ready", past };
  const free = found.kind === "unsent" || (found.kind === "unprocessed" && !before.spared);
  return wait(past, { kind: found.kind, free, nowUs, retryAfterUs }, rules);
}

/** What a retry is to wait for. */
interface Wait {
  readonly kind: FailureKind;
  readonly free: boolean;
  readonly nowUs: number;
  readonly retryAfterUs: number;
}

/** The wait before the next attempt, or the end where it would pass the deadline or cost too much. */
function wait(past: Past, { kind, free, nowUs, retryAfterUs }: Wait, rules: Rules): Exchange {
  const { delayUs, waits } =
    retryAfterUs > 0
      ? { delayUs: retryAfterUs, waits: rules.beginning.untried.waits }
      : next(past, kind, rules);
  const untilUs = nowUs + delayUs;
  if (untilUs >= rules.deadlineUs) {
    const who =
      retryAfterUs > 0
        ? "the server asks that the next attempt be made"
        : "the next attempt was due";
    const what = `${who} in ${delayUs / 1000} ms, past the deadline`;
    return giveUp(past, rules, "deadline-exceeded", what);
  }
  if (!free && !rules.budget.canSpend) return tooDear(past, rules);
  return { at: "backoff", past: { ...past, waits }, untilUs, free };
}

/** The next wait by the client's own rule: a busy server is given longer. */
function next(past: Past, kind: FailureKind, rules: Rules): { delayUs: number; waits: Waits } {
  const { backoff, throttled } = past.waits;
  const draw = rules.draw(rules.operation, past.attempts);
  if (kind === "throttled") {
    const step = throttled.next(draw);
    return { delayUs: step.delayUs, waits: { backoff, throttled: step.backoff } };
  }
  const step = backoff.next(draw);
  return { delayUs: step.delayUs, waits: { backoff: step.backoff, throttled } };
}

function due(exchange: Exclude<Exchange, Settled>, nowUs: number, rules: Rules): Exchange {
  if (nowUs >= rules.deadlineUs) return tooLate(exchange.past, rules);
  if (exchange.at !== "backoff" || nowUs < exchange.untilUs) return exchange;
  // While it slept, others may have spent what was left.
  if (!exchange.free && !rules.budget.spend()) return tooDear(exchange.past, rules);
  return { at: "ready", past: exchange.past };
}

function abandoned(
  exchange: Exclude<Exchange, Settled>,
  { code, cause }: Happening & { readonly on: "abandoned" },
  rules: Rules,
): Exchange {
  const { past } = exchange;
  const unknown = past.unknown || past.copied || exchange.at === "sent";
  const message = code === "aborted" ? "the caller gave up" : "the client was closed";
  return {
    at: "settled",
    outcome: outcomeOf(unknown, rules),
    failure: {
      code,
      message,
      attempts: past.attempts,
      cause: code === "aborted" ? cause : past.last,
    },
  };
}

function tooLate(past: Past, rules: Rules): Settled {
  const what = past.attempts === 0 ? "the deadline came before it was sent" : "the deadline came";
  return giveUp(past, rules, "deadline-exceeded", what);
}

function tooDear(past: Past, rules: Rules): Settled {
  return giveUp(past, rules, "budget-exhausted", "the retry budget is empty");
}

function giveUp(past: Past, rules: Rules, code: ClientFailureCode, what: string): Settled {
  const message = past.last === undefined ? what : `${what}; last: ${past.last.message}`;
  const failure = { code, message, attempts: past.attempts, cause: past.last };
  return { at: "settled", outcome: outcomeOf(past.unknown || past.copied, rules), failure };
}

function outcomeOf(unknown: boolean, rules: Rules): "failed" | "indeterminate" {
  return unknown && !rules.idempotent ? "indeterminate" : "failed";
}
