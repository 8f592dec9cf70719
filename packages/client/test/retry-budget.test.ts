/** The retry budget, and what each class of failure takes from it. */
import { seed } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RetryBudgetOptions } from "../src/index.ts";
import { createRetryBudget } from "../src/index.ts";
import type { Request } from "./support/world.ts";
import { endsOf, World } from "./support/world.ts";

describe("a retry budget", () => {
  test("begins full, pays for retries until it is empty, and is filled by replies", () => {
    const budget = createRetryBudget({ tokensMax: 2 });
    expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
    expect(budget).toMatchObject({ tokens: 0, canSpend: false });
    budget.earn();
    expect(budget).toMatchObject({ tokens: 1, canSpend: true });
    budget.earn();
    budget.earn();
    expect(budget.tokens).toBe(2);
  });

  test("adds up fractions of tokens exactly", () => {
    const budget = createRetryBudget({ tokensMax: 1, earnedPerReply: 0.1 });
    expect(budget.spend()).toBe(true);
    for (let reply = 0; reply < 9; reply++) budget.earn();
    expect(budget.canSpend).toBe(false);
    budget.earn();
    expect(budget.spend()).toBe(true);
  });

  test("is not touched by being asked", () => {
    const budget = createRetryBudget({ tokensMax: 1 });
    for (let ask = 0; ask < 10; ask++) expect(budget.canSpend).toBe(true);
    expect(budget.tokens).toBe(1);
  });

  test("whatever comes in whatever order, retries never outrun tokens and earnings", () => {
    const tokens = fc.integer({ min: 0, max: 200 }).map((tenths) => tenths / 10);
    const course = fc.array(fc.boolean(), { maxLength: 300 });
    const property = fc.property(tokens, tokens, tokens, course, (tokensMax, cost, earned, all) => {
      const budget = createRetryBudget({ tokensMax, costPerRetry: cost, earnedPerReply: earned });
      let [paid, replies] = [0, 0];
      for (const isRetry of all) {
        const could = budget.canSpend;
        if (!isRetry) {
          budget.earn();
          replies++;
        } else if (budget.spend()) {
          paid++;
          expect(could).toBe(true);
        } else expect(could).toBe(false);
        expect(budget.tokens).toBeGreaterThanOrEqual(0);
        expect(budget.tokens).toBeLessThanOrEqual(tokensMax);
      }
      expect(paid * cost).toBeLessThanOrEqual(tokensMax + replies * earned + 1e-9);
    });
    fc.assert(property, { numRuns: 500, seed: seed() });
  });

  test.each<[RetryBudgetOptions, string]>([
    [{ tokensMax: -1 }, '"retryBudget.tokensMax" must be a finite number of at least 0: got -1'],
    [{ costPerRetry: Number.NaN }, '"retryBudget.costPerRetry" must be a finite number'],
    [{ earnedPerReply: 1e10 }, '"retryBudget.earnedPerReply" must be at most 1000000000'],
  ])("%j is refused", (options, message) => {
    expect(() => createRetryBudget(options)).toThrow(message);
  });
});

/** Serves every attempt with the same failure. */
function broken(serve: (request: Request) => void, tokensMax: number): World {
  const retryBudget = createRetryBudget({ tokensMax });
  return new World({ serve, client: { retryBudget, attemptsMax: 6 } });
}

describe("what a retry costs", () => {
  test("a token after a failure that may pass, until none is left", () => {
    const ways: ((request: Request) => void)[] = [
      (request) => request.error("lost"),
      (request) => request.error("overloaded"),
      (request) => request.damaged("payload"),
      (request) => request.link.reset(),
      () => {},
    ];
    for (const serve of ways) {
      const outcome = broken(serve, 2).send("Hey");
      expect(outcome.attempts).toHaveLength(3);
      expect(outcome.error).toMatchObject({ code: "budget-exhausted", attempts: 3 });
      expect(outcome.error?.message).toContain("the retry budget is empty; last: ");
    }
  });

  test("nothing, once, where the server says that it did not execute the request", () => {
    for (const status of ["corrupt", "shuttingDown"] as const) {
      const outcome = broken((request) => request.error(status), 1).send("Hey");
      expect(outcome.attempts).toHaveLength(3);
      expect(outcome.error).toMatchObject({ code: "budget-exhausted", cause: { status } });
    }
  });

  test("nothing where no byte has left the client", () => {
    const world = broken(() => {}, 0);
    world.network.unlisten();
    const outcome = world.send("Hey");
    expect(outcome.error).toMatchObject({ code: "attempts-exhausted", attempts: 6 });
  });

  test("nothing for a message that was aborted while it waited", () => {
    const retryBudget = createRetryBudget({ tokensMax: 1 });
    const world = new World({ serve: () => {}, client: { retryBudget, attemptTimeoutMs: 10 } });
    const caller = new AbortController();
    const sent = world.submit("Hey", { signal: caller.signal });
    world.advanceMs(10);
    caller.abort();
    expect(world.outcomeOf(sent).error?.code).toBe("aborted");
    expect(retryBudget.tokens).toBe(1);
  });

  test("is earned back by every delivered message, on whichever attempt", () => {
    const retryBudget = createRetryBudget({ tokensMax: 3 });
    const world = new World({
      client: { retryBudget },
      serve: (request) => (request.index === 0 ? request.error("lost") : request.echo()),
    });
    world.send("a");
    expect(retryBudget.tokens).toBe(3);
    expect(world.client.stats().retriesRefused).toBe(0);
  });

  test("is no matter without a budget", () => {
    const world = new World({ serve: () => {}, client: { retryBudget: null, inFlightMax: 200 } });
    const sent = Array.from({ length: 200 }, () => world.submit("x"));
    for (const one of sent) expect(endsOf(world.outcomeOf(one))).toHaveLength(4);
  });
});
