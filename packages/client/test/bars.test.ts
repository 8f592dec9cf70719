/**
 * What an abort and a long life must not cost, with every policy on at once: wherever a message
 * stands, it settles in the very event of the abort, and nothing is left behind.
 */
import { getEventListeners } from "node:events";
import { numbers, seed } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ClientOptions } from "../src/index.ts";
import { createBreaker, createHedge } from "../src/index.ts";
import type { Request } from "./support/world.ts";
import { sumsOf, World } from "./support/world.ts";

const REASON = new Error("the caller's own");
const MS = 1000;

/** Every policy that there is. */
function everything(): Partial<ClientOptions> {
  const hedge = createHedge({ samplesMin: 1, extraLoadMax: 1, quantile: 0.5 });
  hedge.sample(5 * MS);
  return {
    attemptTimeoutMs: "adaptive",
    rtt: "loopback",
    breaker: createBreaker({ callsMin: 5, openMs: 50, probes: 2 }),
    hedge,
    inFlightMax: 3,
    backoff: { firstMs: 20, maxMs: 200 },
    throttledBackoff: { firstMs: 100, maxMs: 300 },
  };
}

/** A server that does anything, by chance. */
function moody(next: () => number): (request: Request) => void {
  return (request) => {
    const mood = next() % 8;
    if (mood < 3) request.echo(next() % 60);
    else if (mood === 3) request.error("lost", next() % 20);
    else if (mood === 4) request.error("overloaded", 0, next() % 200);
    else if (mood === 5) request.damaged("payload", next() % 20);
    else if (mood === 6) request.link.reset();
  };
}

/** Where a message stood when it was aborted. */
type Place = "queued" | "connecting" | "under way" | "hedged" | "waiting";

function placeOf(world: World, operation: number, isQueued: boolean): Place {
  const mine = world.events.filter(
    (event) => "operation" in event && event.operation === operation,
  );
  const sent = mine.filter(({ event }) => event === "sent").length;
  const ended = mine.filter(({ event }) => event === "attempt-ended").length;
  if (sent - ended > 1) return "hedged";
  if (mine.at(-1)?.event === "backoff") return "waiting";
  if (sent > ended) return "under way";
  return isQueued ? "queued" : "connecting";
}

describe("an abort, in whatever moment, with every policy on", () => {
  test("settles in its own event, with its own reason, and leaves nothing", () => {
    const met = new Set<Place>();
    const property = fc.property(fc.nat(), fc.integer({ min: 0, max: 800 }), (by, abortMs) => {
      const next = numbers(by);
      const world = new World({
        client: { ...everything(), draw: next },
        network: { latencyUs: (by % 3) * 4 * MS },
        serve: moody(next),
      });
      const others = 1 + (by % 6);
      for (let other = 0; other < others; other++) world.submit("other");
      const caller = new AbortController();
      const sent = world.submit("mine", { signal: caller.signal });
      world.advanceMs(abortMs);
      if (sent.outcome === undefined) {
        met.add(placeOf(world, sent.operation, world.client.stats().queued > 0));
        caller.abort(REASON);
        expect(sent.outcome).toMatchObject({
          endedUs: abortMs * MS,
          error: { code: "aborted", cause: REASON },
        });
      }
      const sends = (): number =>
        world.events.filter((e) => e.event === "sent" && e.operation === sent.operation).length;
      const before = sends();
      world.clock.runUntilIdle();
      expect(sends()).toBe(before);
      expect(sent.calls).toBe(1);
      expect(getEventListeners(caller.signal, "abort")).toHaveLength(0);
      expect(sumsOf(world.client)).toEqual({ operations: 0, attempts: 0 });
      expect(world.client.stats()).toMatchObject({ inFlight: 0, queued: 0 });
    });
    fc.assert(property, { numRuns: 600, seed: seed() });
    expect([...met].sort()).toEqual(["connecting", "hedged", "queued", "under way", "waiting"]);
  });

  test("frees the place of a probe, so that a half-open breaker is not left waiting for it", () => {
    const breaker = createBreaker({ callsMin: 1, openMs: 100, probes: 1 });
    const world = new World({
      client: { breaker, attemptsMax: 1, attemptTimeoutMs: 50 },
      serve: (request) => (request.index > 1 ? request.echo() : undefined),
    });
    world.send("opens it");
    world.advanceMs(200);
    const caller = new AbortController();
    const probe = world.submit("probe", { signal: caller.signal });
    world.advanceMs(10);
    const nowUs = world.clock.nowUs();
    caller.abort(REASON);
    expect(probe.outcome).toMatchObject({ endedUs: nowUs, error: { cause: REASON } });
    expect(world.send("next probe").outcome).toBe("delivered");
    expect(breaker.state).toBe("closed");
  });
});

describe("ten thousand calls on one signal, with every policy on", () => {
  test("leave no listener and no timer, and no place taken", () => {
    const next = numbers(seed());
    const world = new World({
      client: { ...everything(), breaker: null, draw: next, onEvent: undefined! },
      serve: moody(next),
    });
    const { signal } = new AbortController();
    let most = 0;
    for (let call = 0; call < 10_000; call++) {
      const sent = world.submit("x", { signal });
      most = Math.max(most, getEventListeners(signal, "abort").length);
      world.outcomeOf(sent);
    }
    world.clock.runUntilIdle();
    expect(most).toBe(1);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect(world.clock.timersPending).toBe(0);
    expect(world.client.stats()).toMatchObject({ inFlight: 0, queued: 0, operations: 10_000 });
    expect(sumsOf(world.client)).toEqual({ operations: 0, attempts: 0 });
  });
});
