/** Pitfall 22. One failure opens the breaker, or what the caller did counts as a failure. */
import { numbers, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { createBreaker } from "../../src/index.ts";
import { NaiveBreaker } from "../naive/naive-breaker.ts";
import { World } from "../support/world.ts";

describe("a breaker", () => {
  test("stays closed after one failure in one call", () => {
    const breaker = createBreaker();
    const world = new World({ serve: () => {}, client: { breaker } });
    world.send("Hey", { attemptsMax: 1 });
    expect(breaker.state).toBe("closed");
  });

  test("stays closed after a hundred callers have given up", () => {
    const breaker = createBreaker();
    const world = new World({ serve: () => {}, client: { breaker, inFlightMax: 100 } });
    const caller = new AbortController();
    for (let call = 0; call < 100; call++) world.submit("x", { signal: caller.signal });
    world.advanceMs(10);
    caller.abort();
    expect(world.client.stats()).toMatchObject({ failed: 100 });
    expect(breaker.state).toBe("closed");
  });

  test("opens in mixed traffic at the very call that makes it half of the window", () => {
    const next = numbers(seed());
    for (let round = 0; round < 200; round++) {
      const breaker = createBreaker({ windowMs: 10_000, callsMin: 20, failureRatio: 0.5 });
      const percent = 45 + (next() % 30);
      let [calls, failures] = [0, 0];
      for (let isOpen = false; !isOpen && calls < 2000;) {
        const permit = breaker.admit(calls)!;
        calls++;
        const isFailure = next() % 100 < percent;
        if (isFailure) {
          failures++;
          breaker.fail(permit, calls, 0);
        } else breaker.succeed(permit, calls);
        isOpen = breaker.state === "open";
        // A reply never opens it: where one has filled the window, the next failure does.
        expect(isOpen).toBe(isFailure && calls >= 20 && failures >= calls / 2);
      }
    }
  });

  test("that is naive opens at the first failure, and when its caller gives up", () => {
    const [failed, aborted] = [new NaiveBreaker(), new NaiveBreaker()];
    failed.ended(0, false);
    aborted.ended(0, false);
    expect([failed.isOpen(1), aborted.isOpen(1)]).toEqual([true, true]);
  });
});
