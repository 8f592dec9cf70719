/** Work that nobody waits for any more is dropped: the caller's deadline travels in the frame. */
import { describe, expect, test } from "vitest";
import { CoreWorld, plan } from "./support/core-world.ts";

const LATE = plan({ id: "late", kind: "delay", direction: "request", delayMs: 500 });

describe.each(["stream", "datagram"] as const)("a request held up for 500 ms over a %s", (kind) => {
  test.each([
    [499, 0],
    [500, 0],
    [501, 1],
    [0, 1],
  ])("whose caller waits %i ms is executed %i times", (remainingMs, executions) => {
    const world = new CoreWorld({ kind, plan: LATE, responder: "counter" });
    const client = world.dial();
    client.send({ remainingMs });
    world.advanceMs(1000);
    expect(client.frames).toHaveLength(executions);
    const { counter, errorReplies, expired, replies } = world.core.stats();
    expect({ counter, errorReplies, expired, replies }).toEqual({
      counter: executions,
      errorReplies: 0,
      expired: 1 - executions,
      replies: executions,
    });
  });

  test("is executed once when a later attempt of it still has a caller", () => {
    const world = new CoreWorld({ kind, plan: LATE, responder: "counter" });
    const client = world.dial();
    client.send({ attempt: 1, remainingMs: 400 });
    client.send({ attempt: 2, remainingMs: 600 });
    world.advanceMs(1000);
    expect(client.frames.map(({ attempt }) => attempt)).toEqual([2]);
    expect(world.core.stats()).toMatchObject({ counter: 1, expired: 1 });
  });
});

test("without faults nothing holds a request up, and none is dropped", () => {
  const world = new CoreWorld({});
  const client = world.dial();
  client.send({ remainingMs: 1 });
  world.advanceMs(1);
  expect(client.frames).toHaveLength(1);
  expect(world.core.stats().expired).toBe(0);
});
