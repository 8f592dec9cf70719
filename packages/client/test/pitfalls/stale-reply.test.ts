/** Pitfall 1. The reply to a cancelled request is handed to the next one (redis-py, 2023). */
import { numbers, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { textOf, World } from "../support/world.ts";
import { Naive, naiveText } from "./support.ts";

const LATE = { serve: (request: { echo(afterMs: number): void }) => request.echo(100) };

describe("a stale reply", () => {
  test("reaches nobody: the next message gets its own, and the late one is counted", () => {
    const world = new World(LATE);
    const caller = new AbortController();
    world.submit("A", { signal: caller.signal });
    world.advanceMs(10);
    caller.abort();
    expect(textOf(world.send("B"))).toBe("B");
    expect(world.client.stats().staleReplies).toBe(1);
  });

  test("is what a naive client hands to the next caller", () => {
    const world = new World(LATE);
    const naive = new Naive(world, { timeoutMs: 90, attemptsMax: 1 });
    const first = naive.submit("A");
    world.advanceMs(95);
    expect(first.outcome?.ok).toBe(false);
    expect(naiveText(naive.send("B"))).toBe("A");
  });

  /** One course of ten messages, some given up, whose replies come late and out of order. */
  function interleaved(kind: "stream" | "datagram", by: number): { wrong: number; stale: number } {
    const next = numbers(seed() + by);
    const world = new World({
      network: { kind },
      client: { inFlightMax: 4, attemptTimeoutMs: 40, backoff: { firstMs: 5 } },
      serve: (request) => {
        request.echo(next() % 120);
        if (next() % 4 === 0) request.echo(next() % 200);
      },
    });
    let wrong = 0;
    for (let message = 0; message < 10; message++) {
      const body = `message ${message}`;
      const caller = new AbortController();
      world.client.submit(body, { signal: caller.signal }, (outcome) => {
        if (outcome.outcome === "delivered" && textOf(outcome) !== body) wrong++;
      });
      world.advanceMs(next() % 30);
      if (next() % 3 === 0) caller.abort();
    }
    world.clock.runUntilIdle();
    return { wrong, stale: world.client.stats().staleReplies };
  }

  test.each(["stream", "datagram"] as const)(
    "is never taken for another, in a thousand interleavings over a %s",
    (kind) => {
      let [wrong, met] = [0, 0];
      for (let by = 0; by < 1000; by++) {
        const course = interleaved(kind, by);
        wrong += course.wrong;
        if (course.stale > 0) met++;
      }
      expect(wrong).toBe(0);
      expect(met).toBeGreaterThan(900);
    },
  );

  test("of an earlier life of the client is refused, though its numbers are in use again", () => {
    const earlier = { high: 0x1234_5678, low: 1 };
    const world = new World({
      network: { kind: "datagram" },
      serve: (request) => {
        request.echo(0, { session: earlier, payload: new TextEncoder().encode("earlier") });
        request.echo(5);
      },
    });
    for (const body of ["A", "B"]) expect(textOf(world.send(body))).toBe(body);
    expect(world.client.stats()).toMatchObject({ staleReplies: 2, attempts: 2 });
    expect(naiveText(new Naive(world).send("A"))).toBe("earlier");
  });

  test.each(["stream", "datagram"] as const)(
    "is never taken for another in a long course over a %s",
    (kind) => {
      const next = numbers(seed());
      const world = new World({
        network: { kind },
        client: { inFlightMax: 16, attemptTimeoutMs: 40, backoff: { firstMs: 5 } },
        serve: (request) => {
          // Late by anything up to several timeouts, out of order, sometimes twice.
          request.echo(next() % 120);
          if (next() % 4 === 0) request.echo(next() % 200);
        },
      });
      let wrong = 0;
      for (let message = 0; message < 1000; message++) {
        const body = `message ${message}`;
        const caller = new AbortController();
        world.client.submit(body, { signal: caller.signal }, (outcome) => {
          if (outcome.outcome === "delivered" && textOf(outcome) !== body) wrong++;
        });
        world.advanceMs(next() % 8);
        if (next() % 3 === 0) caller.abort();
      }
      world.clock.runUntilIdle();
      expect(wrong).toBe(0);
      expect(world.client.stats().staleReplies).toBeGreaterThan(100);
    },
  );
});
