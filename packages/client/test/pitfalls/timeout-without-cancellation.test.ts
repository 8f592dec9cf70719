/** Pitfall 5. A promise loses the race against a timer, and the work goes on behind it. */
import { describe, expect, test } from "vitest";
import { World } from "../support/world.ts";
import { Naive } from "./support.ts";

describe("a timeout", () => {
  test("ends the work too: nothing is sent after it and no timer is left", () => {
    const world = new World({
      serve: () => {},
      client: { attemptTimeoutMs: 20, backoff: { firstMs: 1 } },
    });
    const outcome = world.send("Hey", { deadlineMs: 50 });
    expect(outcome).toMatchObject({ endedUs: 50_000, error: { code: "deadline-exceeded" } });
    const sent = world.requests.length;
    expect(world.client.stats().inFlight).toBe(0);
    // No attempt, no wait: at most the link itself is still waited for.
    expect(world.clock.timersPending).toBeLessThanOrEqual(1);
    world.advanceMs(60_000);
    expect(world.requests).toHaveLength(sent);
    expect(world.clock.timersPending).toBe(0);
  });

  test("tells the server how long anybody waits, so that its work ends as well", () => {
    const world = new World({ serve: () => {}, client: { attemptTimeoutMs: 20 } });
    world.send("Hey", { deadlineMs: 50 });
    for (const { atUs, frame } of world.requests) {
      expect(frame.remainingMs).toBe(Math.ceil((50_000 - atUs) / 1000));
    }
  });

  test("around a naive client leaves it sending when nobody waits any more", () => {
    const world = new World({ serve: () => {} });
    const naive = new Naive(world, { timeoutMs: 20 });
    const sent = naive.submit("Hey");
    let isTimedOut = false;
    world.clock.setTimer(50_000, () => (isTimedOut = sent.outcome === undefined));
    world.advanceMs(50);
    expect(isTimedOut).toBe(true);
    const before = world.requests.length;
    world.advanceMs(60_000);
    expect(world.requests.length).toBeGreaterThan(before);
  });
});
