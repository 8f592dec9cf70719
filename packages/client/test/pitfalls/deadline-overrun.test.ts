/** Pitfalls 7 and 8. Every attempt gets a fresh timeout, and time is only looked at between them. */
import { describe, expect, test } from "vitest";
import { endpointsOf, PoolWorld } from "../support/pool-world.ts";
import { World } from "../support/world.ts";
import { Naive } from "./support.ts";

describe("a deadline", () => {
  test("is not overrun by attempts that hang for 300 ms each", () => {
    const world = new World({ serve: () => {}, client: { attemptTimeoutMs: 300 } });
    const outcome = world.send("Hey", { deadlineMs: 500 });
    expect(outcome.endedUs).toBe(500_000);
    expect(outcome.error).toMatchObject({
      code: "deadline-exceeded",
      cause: { code: "timeout" },
    });
    world.advanceMs(10_000);
    expect(world.requests.every(({ atUs }) => atUs < 500_000)).toBe(true);
  });

  test("is one for three servers that hang, each asked in turn", () => {
    const world = new PoolWorld({
      names: ["one", "two", "three"],
      serve: () => {},
      pool: { attemptTimeoutMs: 300, backoff: { firstMs: 10 } },
    });
    const outcome = world.send("Hey", { deadlineMs: 500 });
    expect(outcome.endedUs).toBe(500_000);
    expect(outcome.error).toMatchObject({ code: "deadline-exceeded", cause: { code: "timeout" } });
    expect(new Set(endpointsOf(outcome)).size).toBe(2);
    world.advanceMs(10_000);
    const requests = world.servers.flatMap((server) => server.requests);
    expect(requests).toHaveLength(2);
    expect(requests.every(({ atUs }) => atUs < 500_000)).toBe(true);
  });

  test("is overrun by a naive client, whose attempts know nothing of each other", () => {
    const world = new World({ serve: () => {} });
    const naive = new Naive(world, { timeoutMs: 300, attemptsMax: 3 });
    expect(naive.send("Hey").endedUs).toBe(3 * 300_000 + 100_000 + 200_000);
  });

  test("is not slept towards: a wait that could not end in time is not begun", () => {
    const world = new World({
      serve: (request) => request.error("lost", 10),
      client: { backoff: { firstMs: 600, jitter: "none" } },
    });
    expect(world.send("Hey", { deadlineMs: 500 })).toMatchObject({
      endedUs: 10_000,
      error: { code: "deadline-exceeded", cause: { status: "lost" } },
    });
  });
});

describe("a hanging attempt", () => {
  test("does not outlive the time for all of them", () => {
    const world = new World({ serve: () => {} });
    expect(world.send("Hey", { deadlineMs: 100 }).endedUs).toBe(100_000);
  });

  test("holds a naive client for as long as it hangs", () => {
    const world = new World({ serve: () => {} });
    const sent = new Naive(world).submit("Hey");
    world.advanceMs(600);
    expect(sent.outcome).toBeUndefined();
  });
});
