/** Pitfall 6. An abort is only looked at between attempts, after the sleep. */
import { describe, expect, test } from "vitest";
import { createBreaker } from "../../src/index.ts";
import { World } from "../support/world.ts";
import { Naive } from "./support.ts";

const REASON = new Error("the caller's own");
const refuses = { serve: (request: { error(status: "lost"): void }) => request.error("lost") };

describe("an abort during a wait of a second", () => {
  test("settles the message at once, with the caller's reason, and nothing more is sent", () => {
    const world = new World({
      ...refuses,
      client: { backoff: { firstMs: 1000, jitter: "none" } },
    });
    const caller = new AbortController();
    const sent = world.submit("Hey", { signal: caller.signal });
    world.advanceMs(50);
    caller.abort(REASON);
    expect(sent.outcome).toMatchObject({
      endedUs: 50_000,
      error: { code: "aborted", cause: REASON },
    });
    world.advanceMs(10_000);
    expect(world.requests).toHaveLength(1);
    expect(world.clock.timersPending).toBe(0);
  });

  test("is noticed by a naive client when the second is over", () => {
    const world = new World(refuses);
    const naive = new Naive(world, { backoffMs: 1000 });
    const caller = new AbortController();
    const sent = naive.submit("Hey", caller.signal);
    world.advanceMs(50);
    caller.abort(REASON);
    expect(sent.outcome).toBeUndefined();
    world.advanceMs(949);
    expect(sent.outcome).toBeUndefined();
    world.clock.runUntilIdle();
    expect(sent.outcome?.endedUs).toBeGreaterThanOrEqual(1_000_000);
  });

  test("settles a probe of a half-open breaker at once, and whoever comes next may probe", () => {
    const breaker = createBreaker({ callsMin: 1, openMs: 100, probes: 1 });
    const world = new World({
      serve: (request) => (request.index > 1 ? request.echo() : undefined),
      client: { breaker, attemptsMax: 1, attemptTimeoutMs: 50 },
    });
    world.send("opens it");
    world.advanceMs(200);
    const caller = new AbortController();
    const probe = world.submit("hangs", { signal: caller.signal });
    world.advanceMs(10);
    expect(breaker.state).toBe("half-open");
    caller.abort(REASON);
    expect(probe.outcome?.error?.cause).toBe(REASON);
    expect(world.send("next").outcome).toBe("delivered");
  });

  test("gives a place in the queue back at once", () => {
    const world = new World({ client: { queueMax: 1 }, serve: () => {} });
    world.submit("in flight");
    const caller = new AbortController();
    const queued = world.submit("queued", { signal: caller.signal });
    expect(world.client.stats().queued).toBe(1);
    caller.abort(REASON);
    expect(queued.outcome?.error?.cause).toBe(REASON);
    expect(world.client.stats().queued).toBe(0);
  });
});
