/** Pitfall 27. Every attempt leaves a listener on a signal that outlives them all. */
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { PoolWorld } from "../support/pool-world.ts";
import { World } from "../support/world.ts";
import { Naive } from "./support.ts";

const CALLS = 10_000;
/** The first attempt of each message fails. */
const failsOnce = {
  serve: (request: { frame: { attempt: number }; error(status: "lost"): void; echo(): void }) =>
    request.frame.attempt === 1 ? request.error("lost") : request.echo(),
};

describe("ten thousand calls on one signal", () => {
  test("leave no listener on it, and never more than one for each open call", () => {
    const world = new World({
      ...failsOnce,
      client: { backoff: { firstMs: 1 }, onEvent: undefined! },
    });
    const { signal } = new AbortController();
    let most = 0;
    for (let call = 0; call < CALLS; call++) {
      const sent = world.submit("x", { signal });
      most = Math.max(most, getEventListeners(signal, "abort").length);
      expect(world.outcomeOf(sent).outcome).toBe("delivered");
    }
    expect(most).toBe(1);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect(world.clock.timersPending).toBeLessThanOrEqual(1);
    world.clock.runUntilIdle();
    expect(world.clock.timersPending).toBe(0);
  });

  test("leave none through a pool, whose attempts fail over from one endpoint to another", () => {
    const world = new PoolWorld({
      ...failsOnce,
      names: ["one", "two", "three"],
      pool: { connectionsMax: 2, backoff: { firstMs: 1 }, onEvent: undefined!, queueMax: CALLS },
    });
    const { signal } = new AbortController();
    let most = 0;
    let settled = 0;
    for (let call = 0; call < CALLS; call++) {
      world.pool.submit("x", { signal }, () => settled++);
      most = Math.max(most, getEventListeners(signal, "abort").length);
      if (call % 20 === 0) world.advanceMs(1);
    }
    world.clock.runUntil(() => settled === CALLS, 1_000_000);
    expect(most).toBe(1);
    expect(world.pool.stats()).toMatchObject({ delivered: CALLS, inFlight: 0, queued: 0 });
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    world.clock.runUntilIdle();
    expect(world.clock.timersPending).toBe(0);
  });

  test("leave one for each attempt of a naive client", () => {
    const world = new World({ serve: (request) => request.echo() });
    const naive = new Naive(world);
    const { signal } = new AbortController();
    for (let call = 0; call < 100; call++) {
      naive.submit("x", signal);
      world.advanceMs(1);
    }
    expect(getEventListeners(signal, "abort")).toHaveLength(100);
  });
});
