/**
 * Replies that come late, twice, damaged or to nobody: a reply is matched by session, operation
 * and attempt, never by order, so none of them reaches another message.
 */
import { encodeFrame, FrameType } from "@faultline/protocol";
import { numbers, seeded } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { endsOf, sumsOf, textOf, World } from "./support/world.ts";

describe("a late reply", () => {
  test("delivers its message while a later attempt is under way", () => {
    const world = new World({
      client: { attemptTimeoutMs: 200, backoff: { firstMs: 100, jitter: "none" } },
      serve: (request) => {
        if (request.frame.attempt === 1) request.echo(350);
      },
    });
    const outcome = world.send("Hey");
    expect(outcome).toMatchObject({ outcome: "delivered", endedUs: 350_000 });
    expect(endsOf(outcome)).toEqual(["late-reply", "aborted"]);
    expect(outcome.attempts.map(({ sentUs, endedUs }) => [sentUs, endedUs])).toEqual([
      [0, 350_000],
      [300_000, 350_000],
    ]);
    // The client did stop waiting once, so the timeout stays counted.
    expect(world.client.stats()).toMatchObject({ timeouts: 1, lateReplies: 1, staleReplies: 0 });
    expect(world.client.stats().ended).toMatchObject({ timeout: 0, "late-reply": 1, aborted: 1 });
  });

  test("delivers its message in the wait before the next attempt, which is then not made", () => {
    const world = new World({
      client: { attemptTimeoutMs: 200, backoff: { firstMs: 1000, jitter: "none" } },
      serve: (request) => request.echo(350),
    });
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["late-reply"]);
    world.advanceMs(10_000);
    expect(world.requests).toHaveLength(1);
  });

  test("that finds its message settled is stale: counted, told, and nobody gets it", () => {
    const world = new World({
      client: { attemptTimeoutMs: 200, backoff: { firstMs: 0 } },
      serve: (request) => request.echo(request.frame.attempt === 1 ? 350 : 0),
    });
    expect(endsOf(world.send("Hey"))).toEqual(["timeout", "reply"]);
    world.advanceMs(1000);
    expect(world.client.stats()).toMatchObject({ staleReplies: 1, lateReplies: 0 });
    expect(world.events.find(({ event }) => event === "stale-reply")).toMatchObject({
      operation: 0,
      attempt: 1,
    });
  });

  test("in the form of an error changes nothing for the attempt under way", () => {
    const world = new World({
      client: { attemptTimeoutMs: 200, backoff: { firstMs: 0 } },
      serve: (request) => {
        if (request.frame.attempt === 1) request.error("operationReused", 250);
        else request.echo(150);
      },
    });
    expect(endsOf(world.send("Hey"))).toEqual(["timeout", "reply"]);
    expect(world.client.stats()).toMatchObject({ staleReplies: 1, errorReplies: 0 });
  });
});

describe("a reply nobody asked for", () => {
  test("is stale when it comes twice", () => {
    const world = new World({
      serve: (request) => {
        request.echo();
        request.echo();
      },
    });
    world.send("a");
    world.send("b");
    world.advanceMs(1);
    expect(world.client.stats()).toMatchObject({ delivered: 2, staleReplies: 2 });
  });

  test.each([
    ["another session", { session: { high: 1, low: 1 } }],
    ["an operation never made", { operation: 77 }],
    ["an operation one ring away", { operation: 1024 }],
    ["an attempt never made", { attempt: 2 }],
    ["attempt 0", { attempt: 0 }],
  ])("is stale when it names %s", (_, change) => {
    const world = new World({
      serve: (request) => {
        request.echo(0, { ...change, payload: new Uint8Array(3) });
        request.echo(10);
      },
    });
    expect(textOf(world.send("Hey"))).toBe("Hey");
    expect(world.client.stats()).toMatchObject({ staleReplies: 1, delivered: 1 });
  });

  test("is stale when it names an attempt that was never sent, only dialled for", () => {
    const world = new World({
      client: { backoff: { firstMs: 10, jitter: "none" } },
      serve: (request) => {
        request.echo(0, { attempt: 1, payload: new Uint8Array(3) });
        request.echo(5);
      },
    });
    world.network.unlisten();
    const sent = world.submit("Hey");
    world.advanceMs(5);
    world.listen();
    const outcome = world.outcomeOf(sent);
    expect(endsOf(outcome)).toEqual(["refused: dial-refused", "reply"]);
    expect(textOf(outcome)).toBe("Hey");
    expect(world.client.stats().staleReplies).toBe(1);
  });

  test("does no harm when it is damaged and of another session", () => {
    const world = new World({
      serve: (request) => {
        const session = { high: 1, low: 1 };
        const bytes = encodeFrame({ ...request.frame, type: FrameType.reply, session });
        bytes[41] = bytes[41]! ^ 0xff;
        request.send(bytes);
        request.echo(5);
      },
    });
    expect(endsOf(world.send("Hey"))).toEqual(["reply"]);
    expect(world.client.stats().corruptionsDetected).toBe(1);
  });

  test("is told apart from a replayed one, which says so", () => {
    const world = new World({ serve: (request) => request.echo(0, { flags: 1 }) });
    expect(world.send("Hey")).toMatchObject({ outcome: "delivered", replayed: true });
  });

  test("a request coming from the server is refused by name and disturbs nothing", () => {
    const world = new World({
      serve: (request) => {
        request.echo(0, { type: 2 });
        request.echo();
      },
    });
    expect(world.send("Hey").outcome).toBe("delivered");
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "refusal", refused: "unexpected-type" }),
    );
  });
});

/** Delays, repeats and drops replies at random while messages are cancelled at random. */
function interleave(seed: number, kind: "stream" | "datagram"): World {
  const draw = numbers(seed);
  const inFlightMax = 1 + (draw() % 8);
  const world = new World({
    network: { kind, latencyUs: draw() % 2000 },
    client: { inFlightMax, attemptTimeoutMs: 20, deadlineMs: 200, backoff: { firstMs: 5 } },
    serve: (request) => {
      for (let copies = draw() % 4; copies > 0; copies--) request.echo(draw() % 60);
    },
  });
  const bodies: string[] = [];
  for (let message = 0; message < 12; message++) {
    const body = `message ${message} of ${seed}`;
    const controller = new AbortController();
    bodies.push(body);
    world.client.submit(body, { signal: controller.signal }, (outcome) => {
      if (outcome.outcome !== "delivered") return;
      expect(textOf(outcome)).toBe(bodies[outcome.operation]);
    });
    if (draw() % 3 === 0) {
      const abort = (): void => controller.abort(new Error("cancelled"));
      world.clock.setTimer(world.clock.nowUs() + (draw() % 40_000), abort);
    }
    world.clock.advance(draw() % 10_000);
  }
  world.clock.runUntilIdle();
  return world;
}

describe("in 1 000 random interleavings with cancelled messages", () => {
  test.each(["stream", "datagram"] as const)("no reply reaches another message (%s)", (kind) => {
    seeded((seed) => {
      let stale = 0;
      let aborted = 0;
      for (let run = 0; run < 1000; run++) {
        const world = interleave(seed + run, kind);
        const stats = world.client.stats();
        expect(sumsOf(world.client)).toEqual({ operations: 0, attempts: 0 });
        expect([stats.inFlight, stats.queued]).toEqual([0, 0]);
        stale += stats.staleReplies;
        aborted += stats.failed;
      }
      // The interleavings did meet what they are about.
      expect(stale).toBeGreaterThan(1000);
      expect(aborted).toBeGreaterThan(500);
    });
  });
});
