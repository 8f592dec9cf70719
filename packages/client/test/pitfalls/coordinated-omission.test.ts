/** Pitfall 15. A load loop that waits for each reply measures a stall of two seconds once. */
import { describe, expect, test } from "vitest";
import { World } from "../support/world.ts";
import { Naive } from "./support.ts";

const PER_SECOND = 100;
const SECONDS = 60;
const STALL = { fromUs: 30_000_000, untilUs: 32_000_000 };

/** Answers within a millisecond, but for two seconds in which everything waits. */
const stalling = {
  serve: (request: { atUs: number; echo(afterMs: number): void }) => {
    const isStalled = request.atUs >= STALL.fromUs && request.atUs < STALL.untilUs;
    request.echo(isStalled ? (STALL.untilUs - request.atUs) / 1000 : 1);
  },
};

function late(latenciesUs: readonly number[]): number {
  return latenciesUs.filter((latencyUs) => latencyUs > 10_000).length;
}

describe("a stall of two seconds under 100 messages a second", () => {
  test("is told by every message that it met, counted from when each was meant to start", () => {
    const world = new World(stalling);
    const latenciesUs: number[] = [];
    for (let index = 0; index < PER_SECOND * SECONDS; index++) {
      world.clock.setTimer((index * 1_000_000) / PER_SECOND, () =>
        world.client.submit("x", {}, ({ endedUs, submittedUs }) =>
          latenciesUs.push(endedUs - submittedUs),
        ),
      );
    }
    world.clock.runUntilIdle();
    expect(late(latenciesUs)).toBeGreaterThanOrEqual(200);
    const p99 = latenciesUs.toSorted((a, b) => a - b)[Math.floor(0.99 * latenciesUs.length)]!;
    expect(p99).toBeGreaterThan(1_300_000);
  });

  test("is told once by a loop that asks again when it has been answered", () => {
    const world = new World(stalling);
    const naive = new Naive(world);
    const latenciesUs: number[] = [];
    while (world.clock.nowUs() < SECONDS * 1_000_000) {
      const startedUs = world.clock.nowUs();
      latenciesUs.push(naive.send("x").endedUs - startedUs);
      world.advanceMs(1000 / PER_SECOND - 1);
    }
    expect(late(latenciesUs)).toBe(1);
  });
});
