/**
 * Stops asking a server that fails, and finds out with a few probes when it may be asked again.
 *
 *   closed --- too many failures in the window ---> open --- its time is up ---> half-open
 *     ^                                              ^                              |
 *     |                                              +------- one probe fails ------+
 *     +------------------------- all probes succeed --------------------------------+
 *
 * A state machine without a clock: `now` and chance come in with each call. It never opens before
 * `callsMin` calls have ended within the window, so one failure is no outage; what the caller gave
 * up counts as nothing. In half-open, `probes` calls may pass and every other is refused at once:
 * nobody queues behind a probe that may hang. What was let in before a change of state does not
 * count after it. Times open grow like any backoff, and are spread by chance.
 */
import type { Backoff } from "./backoff.ts";
import { createBackoff } from "./backoff.ts";
import { durationUsOf, integerOf, numberOf, refusal } from "./checks.ts";
import { CallWindow } from "./call-window.ts";

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** Over how long calls are counted. @default 10_000 */
  readonly windowMs?: number;
  /** Fewer calls than this never open it. @default 20: a ratio of less says little */
  readonly callsMin?: number;
  /** The share of failures, above 0 and at most 1, at which it opens. @default 0.5 */
  readonly failureRatio?: number;
  /** How long it stays open the first time; doubled each time that a probe fails. @default 5000 */
  readonly openMs?: number;
  /** It never stays open longer. @default 60_000, or `openMs` where that is more */
  readonly openMsMax?: number;
  /** Calls that may pass in half-open; all of them must succeed. @default 3 */
  readonly probes?: number;
}

/** Proof of having been let in: to be handed back, once, with what became of the call. */
export interface Permit {
  /** In which closed, open or half-open period it was given. */
  readonly period: number;
}

/** A breaker: one for a client, or one for all clients of a server. */
export interface Breaker {
  readonly state: "closed" | "open" | "half-open";
  /** Lets a call in, or does not: undefined. */
  admit(nowUs: number): Permit | undefined;
  /** The call was answered, with whatever answer. */
  succeed(permit: Permit, nowUs: number): void;
  /**
   * The call failed.
   *
   * @param draw unsigned 32 bits of chance, for how long to stay open.
   */
  fail(permit: Permit, nowUs: number, draw: number): void;
  /** Nothing can be said of the call: its caller gave up. A probe's place is free again. */
  forget(permit: Permit): void;
}

/**
 * Makes a closed breaker.
 *
 * @example
 * const breaker = createBreaker({ callsMin: 2, failureRatio: 1 });
 * breaker.fail(breaker.admit(0)!, 1, 0);
 * breaker.fail(breaker.admit(2)!, 3, 0);
 * breaker.admit(4); // undefined: it is open
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createBreaker(options: BreakerOptions = {}): Breaker {
  const openMs = options.openMs ?? 5000;
  return new WindowBreaker({
    windowUs: durationUsOf(setting("windowMs", options.windowMs ?? 10_000), 1),
    callsMin: integerOf(setting("callsMin", options.callsMin ?? 20), 1, 2 ** 31),
    failureRatio: ratioOf(options.failureRatio ?? 0.5),
    probes: integerOf(setting("probes", options.probes ?? 3), 1, 2 ** 31),
    openings: openingsOf(openMs, options.openMsMax ?? Math.max(60_000, openMs)),
  });
}

interface Rules {
  readonly windowUs: number;
  readonly callsMin: number;
  readonly failureRatio: number;
  readonly probes: number;
  readonly openings: Backoff;
}

class WindowBreaker implements Breaker {
  readonly #rules: Rules;
  readonly #window: CallWindow;
  #state: "closed" | "open" | "half-open" = "closed";
  #permit: Permit = { period: 0 };
  /** How long it will stay open the next time. */
  #opening: Backoff;
  #openUntilUs = 0;
  /** Probes that may still be given out, and those that have yet to succeed. */
  #left = 0;
  #missing = 0;

  constructor(rules: Rules) {
    this.#rules = rules;
    this.#window = new CallWindow(rules.windowUs);
    this.#opening = rules.openings;
  }

  get state(): "closed" | "open" | "half-open" {
    return this.#state;
  }

  admit(nowUs: number): Permit | undefined {
    if (this.#state === "closed") return this.#permit;
    if (this.#state === "open") {
      if (nowUs < this.#openUntilUs) return undefined;
      this.#enter("half-open");
      this.#left = this.#missing = this.#rules.probes;
    }
    if (this.#left === 0) return undefined;
    this.#left--;
    return this.#permit;
  }

  succeed(permit: Permit, nowUs: number): void {
    if (permit !== this.#permit) return;
    if (this.#state === "closed") this.#window.add(nowUs, false);
    else if (--this.#missing === 0) {
      this.#enter("closed");
      this.#opening = this.#rules.openings;
      this.#window.clear();
    }
  }

  fail(permit: Permit, nowUs: number, draw: number): void {
    if (permit !== this.#permit) return;
    if (this.#state === "closed") {
      const { calls, failures } = this.#window.add(nowUs, true);
      const { callsMin, failureRatio } = this.#rules;
      if (calls < callsMin || failures < failureRatio * calls) return;
    }
    const { delayUs, backoff } = this.#opening.next(draw);
    this.#opening = backoff;
    this.#openUntilUs = nowUs + delayUs;
    this.#enter("open");
  }

  forget(permit: Permit): void {
    if (permit === this.#permit && this.#state === "half-open") this.#left++;
  }

  #enter(state: "closed" | "open" | "half-open"): void {
    this.#state = state;
    this.#permit = { period: this.#permit.period + 1 };
  }
}

function openingsOf(openMs: number, openMsMax: number): Backoff {
  durationUsOf(setting("openMs", openMs), 1);
  const max = setting("openMsMax", openMsMax);
  durationUsOf(max);
  if (openMsMax < openMs)
    throw new RangeError(refusal(max, `at least "breaker.openMs", ${openMs}`));
  return createBackoff({ firstMs: openMs, maxMs: openMsMax, jitter: "equal" });
}

function ratioOf(value: unknown): number {
  const ratio = setting("failureRatio", value);
  const number = numberOf(ratio, 0);
  if (number > 0 && number <= 1) return number;
  throw new RangeError(refusal(ratio, "above 0 and at most 1"));
}

function setting(
  name: keyof BreakerOptions,
  value: unknown,
): { doing: string; name: string; value: unknown } {
  return { doing: "break a circuit", name: `breaker.${name}`, value };
}
