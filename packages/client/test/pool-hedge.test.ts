/** Where a hedge goes in a pool, and what happens when one of two connections is lost. */
import { describe, expect, test } from "vitest";
import { createHedge } from "../src/index.ts";
import { endpointsOf, PoolWorld } from "./support/pool-world.ts";
import type { PoolWorldOptions } from "./support/pool-world.ts";
import type { Request } from "./support/scripted-server.ts";
import { endsOf } from "./support/world.ts";

/** A pool that has seen twenty replies of a millisecond, and hedges from then on. */
function hedging(options: PoolWorldOptions = {}): PoolWorld {
  const hedge = createHedge({ samplesMin: 20, extraLoadMax: 1 });
  const world = new PoolWorld({
    ...options,
    network: { latencyUs: 500 },
    pool: { hedge, draw: () => 0, attemptTimeoutMs: 1000, ...options.pool },
  });
  for (let n = 0; n < 20; n++) world.send("warm");
  return world;
}

/** The first server is slow from now on. */
function slow(world: PoolWorld, serve: (request: Request) => void = () => {}): void {
  world.servers[0]!.script = { serve };
}

const NAMES = ["one", "two"];

/** Both endpoints have an open connection. */
function both(options: PoolWorldOptions = {}): PoolWorld {
  const world = hedging({ names: NAMES, ...options });
  slow(world, (request) => request.echo(5));
  for (let n = 0; n < 10; n++) world.submit("both");
  world.advanceMs(100);
  return world;
}

describe("a hedge", () => {
  test("goes to another endpoint, whose reply wins", () => {
    const world = both();
    slow(world);
    const outcome = world.send("late");
    expect(endpointsOf(outcome)).toEqual(["one", "two"]);
    expect(endsOf(outcome)).toEqual(["aborted", "reply"]);
    expect(world.pool.stats().endpoints.map(({ load }) => load)).toEqual([0, 0]);
  });

  test("of what must be executed once goes only where it has been, by another connection", () => {
    const world = hedging({ names: NAMES, pool: { connectionsMax: 2 } });
    slow(world, (request) => request.echo(20));
    for (let n = 0; n < 20; n++) world.submit("both");
    world.advanceMs(200);
    slow(world, (request) => (request.frame.attempt > 1 ? request.echo() : undefined));
    const before = world.servers[0]!.requests.length;
    const outcome = world.send("+1", { idempotent: false });
    expect(endpointsOf(outcome)).toEqual(["one", "one"]);
    const [first, second] = world.servers[0]!.requests.slice(before);
    expect(second!.frame.operation).toBe(first!.frame.operation);
    expect(second!.connection).not.toBe(first!.connection);
  });

  test("is all that is left when the connection of the first attempt is lost, and the other way round", () => {
    for (const lost of ["one", "two"]) {
      const world = both();
      slow(world, (request) => {
        if (lost === "one")
          world.clock.setTimer(world.clock.nowUs() + 20_000, () => request.link.reset());
        else request.echo(50);
      });
      world.servers[1]!.script = {
        serve: (request) => {
          if (lost === "two") request.link.reset();
          else request.echo(50);
        },
      };
      const outcome = world.send("late");
      expect(outcome.outcome).toBe("delivered");
      const ends = lost === "one" ? ["reset: link-reset", "reply"] : ["reply", "reset: link-reset"];
      expect(endsOf(outcome)).toEqual(ends);
      expect(endpointsOf(outcome)).toEqual(["one", "two"]);
      expect(world.pool.stats().endpoints.map(({ load }) => load)).toEqual([0, 0]);
    }
  });

  test("is not sent where no connection takes it", () => {
    const world = hedging({ names: NAMES });
    slow(world, (request) =>
      world.clock.setTimer(world.clock.nowUs() + 900_000, () => request.echo()),
    );
    world.servers[1]!.crash();
    const outcome = world.send("late", { idempotent: false });
    expect(new Set(endpointsOf(outcome))).toEqual(new Set(["one"]));
  });
});
