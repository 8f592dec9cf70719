/** The state machine of one message, with numbers: no link, no clock, no client. */
import { describe, expect, test } from "vitest";
import { createBackoff } from "../src/backoff.ts";
import type { Exchange, Happening, Rules } from "../src/exchange.ts";
import { advance, begin } from "../src/exchange.ts";
import type { AttemptFailure } from "../src/failure.ts";
import type { Waits } from "../src/past.ts";
import { createRetryBudget } from "../src/retry-budget.ts";

const WAITS: Waits = {
  backoff: createBackoff({ kind: "constant", firstMs: 0.1, jitter: "none" }),
  throttled: createBackoff({ kind: "constant", firstMs: 0.4, jitter: "none" }),
};
const BEGINNING = begin(WAITS);
const RULES: Rules = {
  operation: 7,
  attemptsMax: 2,
  deadlineUs: 1000,
  idempotent: true,
  deduplicated: true,
  draw: () => 0,
  beginning: BEGINNING,
  budget: createRetryBudget(),
};
const TIMEOUT: AttemptFailure = { code: "timeout", status: undefined, message: "no reply" };

function failed(nowUs: number, change: Partial<Happening & { on: "failed" }> = {}): Happening {
  const failure = TIMEOUT;
  const happening = { on: "failed", nowUs, failure, handed: true, elsewhere: false } as const;
  return { ...happening, retryAfterUs: 0, ...change };
}

function run(happenings: readonly Happening[], rules: Partial<Rules> = {}): Exchange {
  const all = { ...RULES, ...rules };
  return happenings.reduce<Exchange>(
    (exchange, happening) => advance(exchange, happening, all),
    BEGINNING.queued,
  );
}

const PLACED: Happening = { on: "placed" };
const sent = (nowUs: number): Happening => ({ on: "sent", nowUs, timeoutUs: 300 });

describe("an exchange", () => {
  test("goes from the queue to its reply", () => {
    expect(run([])).toMatchObject({ at: "queued" });
    expect(run([PLACED])).toMatchObject({ at: "ready" });
    expect(run([PLACED, sent(10)])).toMatchObject({ at: "sent", untilUs: 310 });
    expect(run([PLACED, sent(10), { on: "reply" }])).toMatchObject({ outcome: "delivered" });
  });

  test("never waits for an attempt beyond the deadline", () => {
    expect(run([PLACED, sent(900)])).toMatchObject({ at: "sent", untilUs: 1000 });
  });

  test("waits after a failure and is ready again when the wait is over, not before", () => {
    const waiting = [PLACED, sent(0), failed(300)];
    expect(run(waiting)).toMatchObject({ at: "backoff", untilUs: 400, past: { attempts: 1 } });
    expect(run([...waiting, { on: "due", nowUs: 399 }])).toMatchObject({ at: "backoff" });
    expect(run([...waiting, { on: "due", nowUs: 400 }])).toMatchObject({ at: "ready" });
  });

  test("counts a failed dial as an attempt of which nothing is unknown", () => {
    const exchange = run([PLACED, failed(5, { handed: false })]);
    expect(exchange).toMatchObject({ past: { attempts: 1, unknown: false } });
  });

  test("is over for good once it has settled", () => {
    const settled = run([PLACED, sent(0), { on: "reply" }]);
    for (const late of [PLACED, sent(1), failed(1), { on: "due", nowUs: 1 } as const]) {
      expect(advance(settled, late, RULES)).toBe(settled);
    }
  });

  test("that waits in the queue fails at the deadline without an attempt", () => {
    const exchange = run([{ on: "due", nowUs: 1000 }]);
    expect(exchange).toMatchObject({
      outcome: "failed",
      failure: { code: "deadline-exceeded", attempts: 0, cause: undefined },
    });
  });

  test("draws each wait by operation and attempt", () => {
    const keys: [number, number][] = [];
    const draw = (operation: number, attempt: number): number => {
      keys.push([operation, attempt]);
      return 0;
    };
    run([PLACED, sent(0), failed(100)], { draw });
    expect(keys).toEqual([[7, 1]]);
  });
});

describe("giving up names the reason that holds first", () => {
  const fatal = { code: "error-reply", status: "tooOld", message: "too old" } as const;

  test.each<[string, Partial<Rules>, Happening, string, string]>([
    ["the server's refusal", {}, failed(100, { failure: fatal }), "failed", "refused-by-server"],
    [
      "the server's refusal, with an outcome unknown",
      { idempotent: false },
      failed(100, { failure: fatal }),
      "indeterminate",
      "refused-by-server",
    ],
    [
      "no deduplication",
      { idempotent: false, deduplicated: false },
      failed(100),
      "indeterminate",
      "outcome-unknown",
    ],
    ["the deadline", { attemptsMax: 1 }, failed(1000), "failed", "deadline-exceeded"],
    ["the attempts", { attemptsMax: 1 }, failed(100), "failed", "attempts-exhausted"],
    ["a wait too long", {}, failed(900), "failed", "deadline-exceeded"],
    [
      "a server that asks for no retry",
      {},
      failed(0, { retryAfterUs: Infinity }),
      "failed",
      "refused-by-server",
    ],
    [
      "a budget that is empty",
      { budget: createRetryBudget({ tokensMax: 0 }) },
      failed(100),
      "failed",
      "budget-exhausted",
    ],
    ["a wish too long", {}, failed(0, { retryAfterUs: 1000 }), "failed", "deadline-exceeded"],
  ])("%s", (_, rules, happening, outcome, code) => {
    expect(run([PLACED, sent(0), happening], rules)).toMatchObject({ outcome, failure: { code } });
  });

  test("abandoned while an attempt is under way, it may have executed", () => {
    const abandoned: Happening = { on: "abandoned", code: "aborted", cause: "mine" };
    const rules = { idempotent: false };
    expect(run([PLACED, abandoned], rules)).toMatchObject({ outcome: "failed" });
    expect(run([PLACED, sent(0), abandoned], rules)).toMatchObject({
      outcome: "indeterminate",
      failure: { code: "aborted", cause: "mine", attempts: 1 },
    });
  });
});
