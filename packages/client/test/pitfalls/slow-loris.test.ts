/** Pitfall 12, the client's side. A byte now and then keeps a call, or its memory, for ever. */
import { encodeFrame, FrameType } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import type { Request } from "../support/world.ts";
import { endsOf, World } from "../support/world.ts";
import { Naive } from "./support.ts";

/** Answers a byte every 100 ms, for a minute. */
function dribble(request: Request): void {
  const reply = encodeFrame({
    ...request.frame,
    type: FrameType.reply,
    payload: new Uint8Array(600),
  });
  for (let at = 0; at < 600; at++) request.send(reply.subarray(at, at + 1), at * 100);
}

describe("a server that dribbles its reply", () => {
  test("does not hold a call beyond its deadline", () => {
    const world = new World({ serve: dribble, client: { attemptTimeoutMs: 400 } });
    expect(world.send("Hey", { deadlineMs: 1000 }).endedUs).toBeLessThanOrEqual(1_000_000);
  });

  test("is taken for a reply by a naive client, at its first byte", () => {
    const world = new World({ serve: dribble });
    const outcome = new Naive(world).send("Hey");
    expect(outcome.error).toBeDefined();
    expect(outcome.attempts).toBe(4);
    const patient = new Naive(world, { timeoutMs: 50, attemptsMax: 1 });
    expect(patient.send("Hey").ok).toBe(false);
  });
});

test("a reply that announces 4 GiB is refused from its header, and nothing is kept for it", () => {
  const world = new World({
    client: { attemptsMax: 1 },
    serve: (request) => {
      const reply = encodeFrame({ ...request.frame, type: FrameType.reply });
      reply.fill(0xff, 8, 12);
      request.send(reply.subarray(0, 40));
    },
  });
  expect(endsOf(world.send("Hey"))).toEqual(["corrupt: stream-damaged"]);
  expect(world.client.stats()).toMatchObject({ corruptionsDetected: 1, resets: 1 });
});
