/** One deadline covers the queue, the connect, the attempts and the waits; none of them renews it. */
import { describe, expect, test } from "vitest";
import { endsOf, World } from "./support/world.ts";

describe("the deadline", () => {
  test("ends three hanging attempts on time, and nothing is sent after it", () => {
    const world = new World({
      client: { attemptTimeoutMs: 300, deadlineMs: 500, backoff: { firstMs: 10 } },
      serve: () => {},
    });
    const outcome = world.send("Hey");
    expect(outcome.endedUs).toBe(500_000);
    expect(outcome.error).toMatchObject({
      code: "deadline-exceeded",
      attempts: 2,
      cause: { code: "timeout" },
    });
    world.advanceMs(10_000);
    expect(Math.max(...world.requests.map(({ atUs }) => atUs))).toBeLessThan(500_000);
  });

  test("ends one attempt that would hang longer", () => {
    const world = new World({ client: { deadlineMs: 100 }, serve: () => {} });
    const outcome = world.send("Hey");
    expect(outcome).toMatchObject({ outcome: "failed", endedUs: 100_000 });
    expect(endsOf(outcome)).toEqual(["timeout"]);
  });

  test("fails a message at once when the next wait could not end in time", () => {
    const world = new World({
      client: { deadlineMs: 1000, backoff: { firstMs: 600, jitter: "none" } },
      serve: (request) => request.error("lost", 500),
    });
    const outcome = world.send("Hey");
    // The error reply comes at 500 ms; a wait of 600 ms would pass the deadline.
    expect(outcome.endedUs).toBe(500_000);
    expect(outcome.error).toMatchObject({
      code: "deadline-exceeded",
      cause: { code: "error-reply", status: "lost" },
    });
    expect(outcome.error?.message).toContain("was due in 600 ms, past the deadline; last: ");
  });

  test("lets a wait that just ends in time end", () => {
    const world = new World({
      client: { deadlineMs: 1000, backoff: { firstMs: 499, jitter: "none" } },
      serve: (request) => (request.index === 0 ? request.error("lost", 500) : request.echo()),
    });
    expect(world.send("Hey")).toMatchObject({ outcome: "delivered", endedUs: 999_000 });
  });

  test("fails at once when the server asks to wait past it", () => {
    const world = new World({
      client: { deadlineMs: 1000 },
      serve: (request) => request.error("overloaded", 0, 3_600_000),
    });
    const outcome = world.send("Hey");
    expect(outcome).toMatchObject({ endedUs: 0, error: { code: "deadline-exceeded" } });
    expect(outcome.error?.message).toContain("3600000 ms");
  });

  test("covers the queue: a message that waits too long is never sent", () => {
    const world = new World({
      client: { deadlineMs: 1000, attemptTimeoutMs: 900, attemptsMax: 1 },
      serve: (request) => request.echo(800),
    });
    const [first, second, third] = ["a", "b", "c"].map((body) => world.submit(body));
    expect(world.outcomeOf(first!).outcome).toBe("delivered");
    expect(world.outcomeOf(second!)).toMatchObject({ outcome: "failed", endedUs: 1_000_000 });
    expect(world.outcomeOf(third!)).toMatchObject({
      outcome: "failed",
      endedUs: 1_000_000,
      attempts: [],
      error: { code: "deadline-exceeded", attempts: 0, cause: undefined },
    });
    expect(world.requests).toHaveLength(2);
  });

  test("covers the connect: dialling longer than it is no attempt", () => {
    const world = new World({ network: { latencyUs: 5_000_000 }, client: { deadlineMs: 1000 } });
    const outcome = world.send("Hey");
    expect(outcome).toMatchObject({ outcome: "failed", endedUs: 1_000_000, attempts: [] });
    expect(outcome.error?.message).toBe("the deadline came before it was sent");
  });

  test("of one message can be its own", () => {
    const world = new World({ client: { inFlightMax: 2 }, serve: () => {} });
    const short = world.submit("a", { deadlineMs: 50 });
    const long = world.submit("b", { deadlineMs: 70 });
    expect(world.outcomeOf(short).endedUs).toBe(50_000);
    expect(world.outcomeOf(long).endedUs).toBe(70_000);
  });

  test("is not passed by dribbled bytes of a reply that never becomes whole", () => {
    const world = new World({
      client: { attemptTimeoutMs: 400, deadlineMs: 1000 },
      serve: (request) => {
        for (let byte = 0; byte < 30; byte++) request.send(Uint8Array.of(0xfa), byte * 50);
      },
    });
    expect(world.send("Hey").endedUs).toBeLessThanOrEqual(1_000_000);
  });
});
