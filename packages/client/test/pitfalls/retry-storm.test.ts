/** Pitfall 2. Each layer retries what the one below gave up, and an outage is multiplied. */
import { describe, expect, test } from "vitest";
import { createRetryBudget } from "../../src/index.ts";
import type { ClientOptions, Outcome } from "../../src/index.ts";
import { NaiveClient } from "@faultline/testkit/naive";
import type { Request } from "../support/world.ts";
import { World } from "../support/world.ts";

const PER_SECOND = 100;
const TIMES = { attemptTimeoutMs: 500, inFlightMax: 1024, attemptsMax: 10 };

/** A world to which `count` messages are submitted at a steady rate. */
function steady(
  count: number,
  serve: (request: Request) => void,
  { perSecond = PER_SECOND, ...client }: Partial<ClientOptions> & { perSecond?: number } = {},
) {
  const world = new World({ serve, client: { ...TIMES, onEvent: undefined!, ...client } });
  const outcomes: Outcome[] = [];
  for (let index = 0; index < count; index++) {
    world.clock.setTimer((index * 1_000_000) / perSecond, () =>
      world.client.submit("x", {}, (outcome) => outcomes.push(outcome)),
    );
  }
  world.clock.runUntil(() => outcomes.length === count, 1_000_000);
  return { world, outcomes };
}

/** A fixed sequence of chances in thousandths, with no pattern that a message could meet. */
function chances(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % 1000;
  };
}

describe("a retry storm", () => {
  test("of 30 seconds without an answer costs at most 5 % more sends", () => {
    const { world, outcomes } = steady(30 * PER_SECOND, () => {});
    expect(world.requests.length / outcomes.length).toBeLessThanOrEqual(1.05);
    // 3000 first attempts, and the hundred tokens that the budget began with.
    expect(world.requests).toHaveLength(3100);
    const codes = new Set(outcomes.map(({ error }) => error?.code));
    expect(codes).toEqual(new Set(["budget-exhausted"]));
    expect(outcomes.at(-1)?.error?.cause).toMatchObject({ code: "timeout" });
  });

  test("is what a naive client makes of it", () => {
    const world = new World({ serve: () => {} });
    const naive = new NaiveClient({ dialer: world.network, clock: world.clock, timeoutMs: 500 });
    for (let index = 0; index < 30 * PER_SECOND; index++) {
      world.clock.setTimer((index * 1_000_000) / PER_SECOND, () => naive.submit("x", () => {}));
    }
    world.clock.runUntilIdle();
    expect(world.requests.length / (30 * PER_SECOND)).toBe(4);
  });

  test("is over with the outage: what comes after it is delivered", () => {
    const dead = (request: Request): void => {
      if (request.atUs >= 5_000_000 && request.atUs < 35_000_000) return;
      request.echo();
    };
    const { outcomes, world } = steady(60 * PER_SECOND, dead);
    const late = outcomes.filter(({ submittedUs }) => submittedUs >= 35_000_000);
    expect(late.every(({ outcome }) => outcome === "delivered")).toBe(true);
    expect(world.requests.length / outcomes.length).toBeLessThanOrEqual(1.05);
  });

  test("is not feared where one attempt in twenty fails: 99.5 % are delivered", () => {
    const chance = chances();
    const { outcomes } = steady(4000, (request) =>
      chance() < 50 ? request.error("lost") : request.echo(),
    );
    const delivered = outcomes.filter(({ outcome }) => outcome === "delivered").length;
    expect(delivered / outcomes.length).toBeGreaterThanOrEqual(0.995);
  });

  test("is not feared where 44 % of the attempts fail for ever: 99.9 % are delivered", () => {
    const chance = chances();
    const { outcomes, world } = steady(
      10_000,
      (request) => (chance() < 440 ? request.error("lost") : request.echo()),
      { deadlineMs: 60_000, perSecond: 20 },
    );
    const delivered = outcomes.filter(({ outcome }) => outcome === "delivered").length;
    expect(delivered / outcomes.length).toBeGreaterThanOrEqual(0.999);
    expect(world.client.stats().retriesRefused).toBe(0);
  });

  test("does not slip through in its sleep: a thousand that failed at once ask again when they wake", () => {
    const world = new World({
      client: { ...TIMES, inFlightMax: 1000 },
      serve: () => {},
    });
    for (let index = 0; index < 1000; index++) world.submit("x");
    // All fail at 500 ms with a full budget, and all are asleep before the first one wakes.
    world.advanceMs(500);
    expect(world.client.stats()).toMatchObject({ inFlight: 1000, retriesRefused: 0 });
    world.clock.runUntilIdle();
    expect(world.requests).toHaveLength(1100);
    expect(world.client.stats()).toMatchObject({ failed: 1000, retriesRefused: 1000 });
  });

  test("is no larger for two clients that share one budget", () => {
    const retryBudget = createRetryBudget();
    const world = new World({ serve: () => {}, client: { ...TIMES, retryBudget } });
    const other = new World({ serve: () => {}, client: { ...TIMES, retryBudget } });
    for (const { client } of [world, other]) {
      for (let index = 0; index < 500; index++) client.submit("x", {}, () => {});
    }
    world.clock.runUntilIdle();
    other.clock.runUntilIdle();
    expect(world.requests.length + other.requests.length).toBe(1100);
    expect(retryBudget.tokens).toBe(0);
  });
});
