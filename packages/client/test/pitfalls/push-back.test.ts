/** Pitfall 29. A server says when to come again, and is not heard, or is heard past the deadline. */
import { RETRY_AFTER_STOP } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { NaiveClient } from "@faultline/testkit/naive";
import type { Request } from "../support/world.ts";
import { World } from "../support/world.ts";

/** Asks the first attempts to come again after so long, then echoes. */
function busy(retryAfterMs: number, times = 1): (request: Request) => void {
  return (request) =>
    request.index < times ? request.error("overloaded", 0, retryAfterMs) : request.echo();
}

function timesOf(world: World): number[] {
  return world.requests.map(({ atUs }) => atUs / 1000);
}

describe("push-back", () => {
  test("is obeyed to the millisecond, be it longer or shorter than the own wait", () => {
    for (const retryAfterMs of [3, 200, 25_000]) {
      const world = new World({ serve: busy(retryAfterMs) });
      expect(world.send("Hey").outcome).toBe("delivered");
      expect(timesOf(world)).toEqual([0, retryAfterMs]);
    }
  });

  test("is not heard by a naive client", () => {
    const world = new World({ serve: busy(200) });
    const naive = new NaiveClient({ dialer: world.network, clock: world.clock });
    naive.submit("Hey", () => {});
    world.clock.runUntilIdle();
    expect(timesOf(world)).toEqual([0, 100]);
  });

  test("begins the own waits anew", () => {
    const backoff = { firstMs: 100, factor: 2, jitter: "none" } as const;
    const world = new World({
      client: { backoff, attemptsMax: 5 },
      serve: (request) => request.error("lost", 0, request.index === 2 ? 1000 : 0),
    });
    world.send("Hey");
    // 100, 200, then what the server asked for, then 100 again.
    expect(timesOf(world)).toEqual([0, 100, 300, 1300, 1400]);
  });

  test("without a time makes the waits longer than for other failures", () => {
    const world = new World({ serve: busy(0, 2), client: { attemptsMax: 3 } });
    world.send("Hey");
    expect(timesOf(world)).toEqual([0, 1000, 3000]);
    const throttledBackoff = { kind: "constant", firstMs: 50, jitter: "none" } as const;
    const quick = new World({ serve: busy(0, 2), client: { attemptsMax: 3, throttledBackoff } });
    quick.send("Hey");
    expect(timesOf(quick)).toEqual([0, 50, 100]);
  });

  test("longer than what remains fails the message at once, and is named", () => {
    const world = new World({ serve: busy(3_600_000) });
    const outcome = world.send("Hey");
    expect(outcome).toMatchObject({ outcome: "failed", endedUs: 0 });
    expect(outcome.error).toMatchObject({
      code: "deadline-exceeded",
      cause: { code: "error-reply", status: "overloaded" },
    });
    expect(outcome.error?.message).toContain("the server asks");
    expect(outcome.error?.message).toContain("3600000 ms");
  });

  test("that says stop is the end, with the server's word as cause", () => {
    const world = new World({ serve: busy(RETRY_AFTER_STOP) });
    const outcome = world.send("Hey");
    expect(world.requests).toHaveLength(1);
    expect(outcome).toMatchObject({
      outcome: "failed",
      endedUs: 0,
      error: { code: "refused-by-server", attempts: 1, cause: { status: "overloaded" } },
    });
    expect(outcome.error?.message).toContain("asks not to repeat it");
  });

  test("that says stop about a request that may be lost leaves the outcome open", () => {
    const world = new World({ serve: (request) => request.error("lost", 0, RETRY_AFTER_STOP) });
    expect(world.send("Hey", { idempotent: false }).outcome).toBe("indeterminate");
  });
});
