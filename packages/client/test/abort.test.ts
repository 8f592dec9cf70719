/** An abort settles a message at once, wherever it stands, with the caller's own reason. */
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { endsOf, sumsOf, World } from "./support/world.ts";

const REASON = new Error("the caller's own");

/** Aborts one message of a world at 50 ms and tells how it settled. */
function abortAt50Ms(world: World, idempotent = true): ReturnType<World["send"]> {
  const controller = new AbortController();
  const sent = world.submit("Hey", { signal: controller.signal, idempotent });
  world.advanceMs(50);
  expect(sent.outcome).toBeUndefined();
  const own = sent.operation;
  const countSent = (): number =>
    world.requests.filter(({ frame }) => frame.operation === own).length;
  const sentBefore = countSent();
  controller.abort(REASON);
  const { outcome } = sent;
  if (outcome === undefined) throw new Error("The abort did not settle the message.");
  expect(outcome.endedUs).toBe(50_000);
  expect(outcome.error).toMatchObject({ code: "aborted", cause: REASON });
  world.advanceMs(60_000);
  expect(sent.calls).toBe(1);
  expect(countSent()).toBe(sentBefore);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  return outcome;
}

describe("an abort settles at once, with the caller's reason, and nothing more is sent", () => {
  test("in the wait between two attempts", () => {
    const world = new World({
      client: { backoff: { firstMs: 1000, jitter: "none" } },
      serve: (request) => request.error("lost"),
    });
    expect(endsOf(abortAt50Ms(world))).toEqual(["error-reply: lost"]);
  });

  test("while an attempt is under way; its reply is then stale", () => {
    const world = new World({ serve: (request) => request.echo(100) });
    const outcome = abortAt50Ms(world);
    expect(endsOf(outcome)).toEqual(["aborted"]);
    expect(outcome.attempts[0]?.endedUs).toBe(50_000);
    expect(world.client.stats().staleReplies).toBe(1);
  });

  test("while connecting", () => {
    const world = new World({ network: { latencyUs: 200_000 } });
    expect(abortAt50Ms(world)).toMatchObject({ outcome: "failed", attempts: [] });
  });

  test("in the queue, whose place is free at once", () => {
    const world = new World({ client: { queueMax: 1 }, serve: () => {} });
    world.submit("first");
    expect(abortAt50Ms(world).attempts).toEqual([]);
    const again = new World({ client: { queueMax: 1 }, serve: () => {} });
    again.submit("first");
    for (let n = 0; n < 1000; n++) {
      const controller = new AbortController();
      const sent = again.submit("waits", { signal: controller.signal });
      expect(again.client.stats().queued).toBe(1);
      controller.abort();
      expect(sent.outcome?.error?.code).toBe("aborted");
      expect(again.client.stats().queued).toBe(0);
    }
  });

  test("before it was submitted: nothing is sent, a number is used up", () => {
    const world = new World();
    const sent = world.submit("Hey", { signal: AbortSignal.abort(REASON) });
    expect(sent.calls).toBe(0);
    const outcome = world.outcomeOf(sent);
    expect(outcome).toMatchObject({ outcome: "failed", operation: 0, error: { cause: REASON } });
    expect(world.send("next").operation).toBe(1);
    expect(world.requests).toHaveLength(1);
  });

  test("and is indeterminate when it may have been executed and must not be twice", () => {
    const silent = new World({ serve: () => {} });
    expect(abortAt50Ms(silent, false).outcome).toBe("indeterminate");
    const lost = new World({
      client: { backoff: { firstMs: 1000, jitter: "none" } },
      serve: (request) => request.error("lost"),
    });
    expect(abortAt50Ms(lost, false).outcome).toBe("indeterminate");
    const connecting = new World({ network: { latencyUs: 200_000 } });
    expect(abortAt50Ms(connecting, false).outcome).toBe("failed");
  });
});

describe("one signal for many messages", () => {
  test("aborts all that are open, wherever they stand, and no other", () => {
    const world = new World({ client: { inFlightMax: 2 }, serve: () => {} });
    const controller = new AbortController();
    const mine = [1, 2, 3, 4].map((n) => world.submit(`${n}`, { signal: controller.signal }));
    const other = world.submit("other");
    controller.abort(REASON);
    expect(mine.map(({ calls, outcome }) => [calls, outcome?.error?.code])).toEqual(
      Array.from({ length: 4 }, () => [1, "aborted"]),
    );
    expect(other.outcome).toBeUndefined();
    expect(world.client.stats()).toMatchObject({ inFlight: 1, queued: 0 });
    expect(sumsOf(world.client).operations).toBe(0);
  });

  test("has one listener, however many messages it covers, and none after them", () => {
    const world = new World({ client: { inFlightMax: 100, queueMax: 10_000 } });
    const { signal } = new AbortController();
    for (let message = 0; message < 5000; message++) world.submit("Hey", { signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    world.clock.runUntil(() => world.client.stats().delivered === 5000, 1_000_000);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("keeps a flat listener count over 10 000 sends one after the other", () => {
    const world = new World();
    const { signal } = new AbortController();
    let most = 0;
    for (let message = 0; message < 10_000; message++) {
      const sent = world.submit("Hey", { signal });
      most = Math.max(most, getEventListeners(signal, "abort").length);
      world.outcomeOf(sent);
    }
    expect(most).toBe(1);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});
