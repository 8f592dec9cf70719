/** Pitfall 30. The same seed, and another course: chance drawn in the order of events. */
import { crc32c } from "@faultline/protocol";
import { numbers, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { Draw } from "@faultline/protocol";
import type { ClientEvent } from "../../src/index.ts";
import { World } from "../support/world.ts";

/** A number that depends on its key alone. */
function keyed(by: number): Draw {
  return (operation, attempt) =>
    crc32c(Uint8Array.of(by, by >>> 8, operation, operation >>> 8, attempt)) >>> 0;
}

/** Everything a client did in a world of this seed, as one text. */
function course(
  draw: Draw,
  skipped?: number,
): { events: readonly ClientEvent[]; log: string; waits: Map<number, number[]> } {
  const world = new World({
    client: { draw, inFlightMax: 4 },
    serve: (request) => {
      if (keyed(9)(request.frame.operation, request.frame.attempt) % 3 > 0) request.error("lost");
      else request.echo(1);
    },
  });
  for (let message = 0; message < 60; message++) {
    if (message === skipped) world.submit("x", { attemptsMax: 1 });
    else world.submit("x");
  }
  world.clock.runUntilIdle();
  const waits = new Map<number, number[]>();
  for (const event of world.events) {
    if (event.event !== "backoff") continue;
    waits.set(event.operation, [...(waits.get(event.operation) ?? []), event.delayUs]);
  }
  const { events } = world;
  return { events, log: JSON.stringify(events), waits };
}

describe("the course of a client", () => {
  test("is the same for the same seed, to the last event, and another for another", () => {
    expect(course(keyed(1)).log).toBe(course(keyed(1)).log);
    expect(course(keyed(1)).log).not.toBe(course(keyed(2)).log);
  });

  test("is the same in every runtime", () => {
    const told = course(keyed(1)).events.map(({ event, atUs, ...rest }) => {
      const operation = "operation" in rest ? rest.operation : -1;
      return `${event} ${atUs} ${operation}`;
    });
    const kinds = new Set(["sent", "attempt-ended", "backoff"]);
    const log = told.filter((line) => kinds.has(line.split(" ")[0] ?? "")).join("\n");
    // Whichever runtime executes this test must find this.
    expect(crc32c(new TextEncoder().encode(log)) >>> 0).toBe(3_992_605_901);
  });

  test("of one message does not hang on another: its waits are drawn by its own key", () => {
    const all = course(keyed(1)).waits;
    const skipped = Math.min(...all.keys());
    const others = [...course(keyed(1), skipped).waits].filter(([id]) => id !== skipped);
    expect(others.length).toBeGreaterThan(20);
    for (const [operation, waits] of others) expect(waits).toEqual(all.get(operation));
  });

  test("shifts as a whole where chance is one stream for all, as naive clients have it", () => {
    const stream = (): Draw => {
      const next = numbers(seed());
      return () => next();
    };
    const all = course(stream()).waits;
    const skipped = Math.min(...all.keys());
    const moved = [...course(stream(), skipped).waits].filter(
      ([operation, waits]) => JSON.stringify(waits) !== JSON.stringify(all.get(operation)),
    );
    expect(moved.length).toBeGreaterThan(20);
  });
});
