/** Pitfall 17. A fixed timer takes every reply for lost once the path has become slower than it. */
import { describe, expect, test } from "vitest";
import { encodeFrame, FrameType } from "@faultline/protocol";
import type { ClientOptions } from "../../src/index.ts";
import { World } from "../support/world.ts";
import { Naive, naiveText } from "./support.ts";

const STEP_US = 2_000_000;
const END_US = 20_000_000;

/** A path whose round trip steps from 20 to 300 ms, for pings too. */
function stepping(client: Partial<ClientOptions>): World {
  const delayMs = (atUs: number): number => (atUs < STEP_US ? 20 : 300);
  const world: World = new World({
    client: { inFlightMax: 8, backoff: { firstMs: 1 }, attemptsMax: 10, ...client },
    serve: (request) => request.echo(delayMs(request.atUs)),
    onPing: (frame, link) => {
      const pong = encodeFrame({ ...frame, type: FrameType.pong });
      const atUs = world.clock.nowUs();
      world.clock.setTimer(atUs + delayMs(atUs) * 1000, () => link.send(pong));
    },
  });
  return world;
}

/** Sends, divided by messages, from `fromUs` on. */
function amplification(world: World, fromUs: number): number {
  const late = world.requests.filter(({ atUs }) => atUs >= fromUs);
  return late.length / new Set(late.map(({ frame }) => frame.operation)).size;
}

describe("a path that becomes fifteen times slower", () => {
  test("is learnt within three round trips: then fewer than 5 % are sent in vain", () => {
    const world = stepping({ attemptTimeoutMs: "adaptive", rtt: "loopback" });
    while (world.clock.nowUs() < END_US) world.send("x");
    expect(world.client.stats().failed).toBe(0);
    expect(amplification(world, STEP_US + 3 * 300_000)).toBeLessThan(1.05);
  });

  test("makes a fixed timer send everything three times, for ever", () => {
    const world = stepping({ attemptTimeoutMs: 100, retryBudget: null });
    while (world.clock.nowUs() < END_US) world.send("x");
    expect(amplification(world, STEP_US + 3 * 300_000)).toBeGreaterThan(2.9);
  });

  test("makes a naive client, whose timer is fixed too, answer callers with replies to others", () => {
    const world = stepping({});
    const naive = new Naive(world, { timeoutMs: 100, backoffMs: 1 });
    let wrong = 0;
    for (let message = 0; world.clock.nowUs() < STEP_US + 2_000_000; message++) {
      if (naiveText(naive.send(`${message}`)) !== `${message}`) wrong++;
    }
    expect(wrong).toBeGreaterThan(0);
  });
});
