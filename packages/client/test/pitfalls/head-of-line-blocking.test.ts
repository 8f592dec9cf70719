/** Pitfall 9. One slow reply holds up the ninety-nine behind it. */
import { describe, expect, test } from "vitest";
import { World } from "../support/world.ts";
import { Naive } from "./support.ts";

const COUNT = 100;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

describe("a slow reply", () => {
  test("holds up no other: replies may overtake each other", () => {
    const world = new World({
      client: { inFlightMax: COUNT },
      serve: (request) => request.echo(request.index === 0 ? 1000 : 1),
    });
    const sent = Array.from({ length: COUNT }, (_, index) => world.submit(`${index}`));
    world.clock.runUntilIdle();
    const [slow, ...fast] = sent.map(({ outcome }) => outcome!.endedUs);
    expect(slow).toBe(1_000_000);
    expect(median(fast)).toBeLessThan(10_000);
  });

  test("holds up all others of a naive client, which must keep the order to match them", () => {
    const world = new World({ serve: (request) => request.echo(request.index === 0 ? 1000 : 1) });
    const naive = new Naive(world);
    const ends = Array.from({ length: COUNT }, (_, index) => naive.send(`${index}`).endedUs);
    expect(median(ends.slice(1))).toBeGreaterThan(1_000_000);
  });
});

test("a datagram that is lost holds up none of the other ninety-nine", () => {
  const world = new World({
    network: {
      kind: "datagram",
      meddle: (bytes, { from, piece }) => (from === "client" && piece === 42 ? undefined : bytes),
    },
    client: { inFlightMax: COUNT, attemptTimeoutMs: 200 },
    serve: (request) => request.echo(5),
  });
  const sent = Array.from({ length: COUNT }, (_, index) => world.submit(`${index}`));
  world.clock.runUntilIdle();
  const ends = sent.map(({ outcome }) => outcome!.endedUs);
  expect(ends.filter((endUs) => endUs === 5000)).toHaveLength(COUNT - 1);
  expect(ends[42]).toBeGreaterThan(200_000);
});
