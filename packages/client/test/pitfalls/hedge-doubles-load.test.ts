/** Pitfall 24. In an outage every call is slow, and every call is made twice. */
import { describe, expect, test } from "vitest";
import type { ClientOptions } from "../../src/index.ts";
import { createHedge } from "../../src/index.ts";
import { World } from "../support/world.ts";

const CALM = 500;
const SLOW = 2000;
const OUTAGE_MS = 10;

/** Replies after about a millisecond; from the outage on, ten times as late, all of them. */
function slowing(client: Partial<ClientOptions>): World {
  return new World({
    client,
    serve: (request) => request.echo(request.frame.operation < CALM ? 1 : OUTAGE_MS),
  });
}

/** Attempts beyond the first of each message, divided by messages, once all is slow. */
function extraLoad(world: World): number {
  for (let message = 0; message < CALM; message++) world.send("x");
  const before = world.client.stats().attempts;
  for (let message = 0; message < SLOW; message++) world.send("x");
  return (world.client.stats().attempts - before - SLOW) / SLOW;
}

describe("when all replies are ten times as late", () => {
  test("hedges add five percent at most, and stop by themselves", () => {
    const world = slowing({ hedge: createHedge() });
    expect(extraLoad(world)).toBeLessThanOrEqual(0.05);
    const after = world.client.stats().hedges;
    for (let message = 0; message < 1000; message++) world.send("x");
    expect(world.client.stats().hedges).toBe(after);
  });

  test("a naive hedge after a fixed delay doubles the load", () => {
    const always = {
      delayUs: 2000,
      earn: () => {},
      spend: () => true,
      sample: () => {},
    };
    expect(extraLoad(slowing({ hedge: always }))).toBe(1);
  });
});

test("a hedge costs nothing in effect: the loser is over and its reply reaches nobody", () => {
  const world = slowing({ hedge: createHedge({ extraLoadMax: 1 }) });
  extraLoad(world);
  world.advanceMs(1000);
  const { attempts, ended, hedges, staleReplies } = world.client.stats();
  expect(hedges).toBeGreaterThan(0);
  expect(ended.aborted).toBe(hedges);
  expect(staleReplies).toBe(hedges);
  expect(attempts).toBe(CALM + SLOW + hedges);
});
