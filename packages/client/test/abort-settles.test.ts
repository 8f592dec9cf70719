/**
 * An abort, wherever the message stands: it settles in that very moment, with the caller's reason,
 * nothing more is sent, and nothing is left behind that would fire or hold a place.
 */
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { createBreaker } from "../src/index.ts";
import type { Face, FaceOptions } from "./support/faces.ts";
import { FACES } from "./support/faces.ts";
import type { Sent } from "./support/world.ts";

const REASON = new Error("the caller's own");
const HOUR_MS = 3_600_000;

interface Aborted {
  readonly controller: AbortController;
  readonly sent: Sent;
}

function submit(face: Face, idempotent = true): Aborted {
  const controller = new AbortController();
  const sent = face.submit("Hey", { signal: controller.signal, idempotent, deadlineMs: HOUR_MS });
  return { controller, sent };
}

/** Aborts now and asserts what holds wherever the message stands. */
function abort(face: Face, { controller, sent }: Aborted): void {
  const nowUs = face.clock.nowUs();
  const sentBefore = face.requests.length;
  expect(sent.outcome).toBeUndefined();
  controller.abort(REASON);
  expect(sent.outcome).toMatchObject({
    endedUs: nowUs,
    error: { code: "aborted", cause: REASON },
  });
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  expect(face.client.stats()).toMatchObject({ queued: 0 });
  face.clock.advance(0);
  face.advanceMs(HOUR_MS);
  expect(sent.calls).toBe(1);
  expect(face.requests).toHaveLength(sentBefore);
}

describe.each(FACES)("an abort settles a message of %s at once and leaves nothing", (_, make) => {
  test("in the wait between two attempts", () => {
    const face = make({
      client: { backoff: { firstMs: 60_000, maxMs: 60_000, jitter: "none" } },
      serve: (request) => request.error("lost"),
    });
    const aborted = submit(face);
    face.advanceMs(50);
    aborted.controller.abort(REASON);
    expect(aborted.sent.outcome?.error?.cause).toBe(REASON);
    // In the same moment: no timer that would hold a program until the wait is over.
    expect(face.clock.timersPending).toBe(0);
    const again = submit(face);
    face.advanceMs(50);
    abort(face, again);
  });

  test("in the queue, whose place is free in the same moment", () => {
    const face = make({ client: { inFlightMax: 1, queueMax: 1 }, serve: () => {} });
    const first = submit(face);
    const queued = submit(face);
    expect(face.client.stats()).toMatchObject({ inFlight: 1, queued: 1 });
    queued.controller.abort(REASON);
    expect(queued.sent.outcome?.error?.cause).toBe(REASON);
    const next = submit(face);
    expect(face.client.stats()).toMatchObject({ inFlight: 1, queued: 1, rejected: 0 });
    next.controller.abort(REASON);
    face.advanceMs(1);
    abort(face, first);
    expect(face.clock.timersPending).toBe(0);
  });

  test("in connect: the dial is given up, and the server never sees a connection", () => {
    const face = make({ latencyUs: 200_000 });
    const aborted = submit(face);
    face.advanceMs(50);
    aborted.controller.abort(REASON);
    expect(aborted.sent.outcome?.error?.cause).toBe(REASON);
    face.clock.advance(0);
    // What is left is the packet on its way, and no timer of the client's.
    expect(face.clock.timersPending).toBe(1);
    face.advanceMs(400);
    expect(face.network.connections).toHaveLength(0);
    expect(face.clock.timersPending).toBe(0);
    const again = submit(face, false);
    face.advanceMs(50);
    abort(face, again);
    expect(again.sent.outcome?.outcome).toBe("failed");
    const last = face.submit("the dial is free for others");
    face.advanceMs(1000);
    expect(last.outcome?.outcome).toBe("delivered");
  });

  test("in connect, while another message needs the same connection: that one is sent", () => {
    const face = make({ latencyUs: 200_000 });
    const other = face.submit("other");
    const aborted = submit(face);
    face.advanceMs(50);
    aborted.controller.abort(REASON);
    face.advanceMs(2000);
    expect(other.outcome?.outcome).toBe("delivered");
    expect(face.requests).toHaveLength(1);
  });

  test("while its attempt is under way", () => {
    const face = make({ serve: (request) => request.echo(100) });
    const aborted = submit(face);
    face.advanceMs(50);
    abort(face, aborted);
    expect(face.client.stats()).toMatchObject({ staleReplies: 1, inFlight: 0 });
    expect(face.clock.timersPending).toBe(0);
  });

  test("on a half-open connection, which is dropped all the same", () => {
    const face = make({
      client: {
        attemptTimeoutMs: 1000,
        backoff: { firstMs: 60_000, jitter: "none", maxMs: 60_000 },
      },
      serve: () => {},
      onPing: () => {},
    });
    const aborted = submit(face);
    // After the timeout the link is asked for a sign of life, and the message waits.
    face.advanceMs(1500);
    expect(face.client.stats()).toMatchObject({ pings: 1, timeouts: 1 });
    abort(face, aborted);
    expect(face.client.stats()).toMatchObject({ resets: 1, attempts: 1 });
    expect(face.clock.timersPending).toBe(0);
  });

  test("as the probe of a half-open breaker, whose place is free in the same moment", () => {
    const breaker = createBreaker({ callsMin: 1, failureRatio: 1, openMs: 1000, probes: 1 });
    const options: FaceOptions = {
      client: { breaker, attemptTimeoutMs: 60_000 },
      serve: (request) => (request.index === 0 ? request.error("lost") : undefined),
    };
    const face = make(options);
    face.submit("opens it", { attemptsMax: 1 });
    face.advanceMs(1001);
    const probe = submit(face);
    face.advanceMs(1);
    expect(breaker.state).toBe("half-open");
    // Nobody waits behind a probe: there is no message there that could be aborted too late.
    const refused = submit(face);
    face.advanceMs(1);
    expect(refused.sent.outcome?.error?.code).toBe("breaker-open");
    probe.controller.abort(REASON);
    expect(probe.sent.outcome).toMatchObject({ error: { code: "aborted", cause: REASON } });
    const next = submit(face);
    face.advanceMs(1);
    abort(face, next);
    expect(face.requests).toHaveLength(3);
    expect(face.clock.timersPending).toBe(0);
  });

  test("before it was submitted: nothing is sent at all", () => {
    const face = make({});
    const sent = face.submit("Hey", { signal: AbortSignal.abort(REASON) });
    face.clock.advance(0);
    expect(sent.outcome?.error).toMatchObject({ code: "aborted", cause: REASON });
    face.advanceMs(HOUR_MS);
    expect(face.network.connections).toHaveLength(0);
    expect(face.clock.timersPending).toBe(0);
  });

  test("a thousand at once, wherever each stands", () => {
    const face = make({
      latencyUs: 1000,
      client: { inFlightMax: 100, queueMax: 1000, attemptTimeoutMs: 20 },
      serve: (request) => (request.index % 3 === 0 ? request.error("lost", 5) : undefined),
    });
    const controller = new AbortController();
    const { signal } = controller;
    const sent = Array.from({ length: 1000 }, (__, n) => face.submit(`${n}`, { signal }));
    face.advanceMs(100);
    const open = sent.filter(({ outcome }) => outcome === undefined);
    expect(open.length).toBeGreaterThan(500);
    controller.abort(REASON);
    const sentBefore = face.requests.length;
    expect(open.every(({ outcome }) => outcome?.error?.cause === REASON)).toBe(true);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    face.advanceMs(HOUR_MS);
    // What was on its way in that moment arrives within one trip.
    expect(face.requests.length - sentBefore).toBeLessThanOrEqual(100);
    expect(face.client.stats()).toMatchObject({ inFlight: 0, queued: 0 });
    expect(face.clock.timersPending).toBe(0);
  });
});
