/** Pitfall 14. The server closes an idle connection in the moment in which it is used again. */
import type { Link } from "@faultline/protocol";
import type { FakeClock } from "@faultline/testkit";
import { numbers, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { Request } from "../support/world.ts";
import { PoolWorld } from "../support/pool-world.ts";
import { World } from "../support/world.ts";
import { CountingServer, Naive } from "./support.ts";

const IDLE_MS = 50;
const ROUNDS = 1000;

/** Ends a link that was idle for so long; the last request before may still be executed. */
function closing(server: CountingServer, clock: () => FakeClock) {
  const heardUs = new Map<Link, number>();
  const ended = new Set<Link>();
  return (request: Request): void => {
    const { link } = request;
    if (ended.has(link)) return;
    const reply = server.execute(request);
    heardUs.set(link, request.atUs);
    clock().setTimer(request.atUs + IDLE_MS * 1000, () => {
      if (heardUs.get(link) !== request.atUs) return;
      ended.add(link);
      link.end();
    });
    request.echo(0, reply);
  };
}

function worldOf(server: CountingServer): World {
  const world: World = new World({
    network: { latencyUs: 500 },
    client: { attemptTimeoutMs: 100, backoff: { firstMs: 1 } },
    serve: closing(server, () => world.clock),
  });
  return world;
}

describe("a connection that the server closes while it is idle", () => {
  test("fails no message, sent at any moment around it, and none is executed twice", () => {
    const server = new CountingServer();
    const world = worldOf(server);
    const next = numbers(seed());
    for (let round = 0; round < ROUNDS; round++) {
      expect(world.send("+1", { idempotent: false }).outcome).toBe("delivered");
      world.clock.advance(IDLE_MS * 1000 - 2000 + (next() % 2000));
    }
    expect(server.executions).toBe(ROUNDS);
    // The race was met, and not only missed.
    expect(world.client.stats().resets).toBeGreaterThan(20);
  });

  test("fails no message of a pool, and costs an idempotent one that met it nothing but a retry", () => {
    const server = new CountingServer();
    const world: PoolWorld = new PoolWorld({
      network: { latencyUs: 500 },
      pool: { connectionsMax: 3, attemptTimeoutMs: 100, backoff: { firstMs: 1 } },
      serve: closing(server, () => world.clock),
    });
    const next = numbers(seed());
    for (let round = 0; round < ROUNDS; round++) {
      const sent = Array.from({ length: 1 + (next() % 3) }, () =>
        world.submit("+1", { idempotent: next() % 2 === 0 }),
      );
      for (const each of sent) expect(world.outcomeOf(each).outcome).toBe("delivered");
      world.clock.advance(IDLE_MS * 1000 - 2000 + (next() % 2000));
    }
    expect(server.executions).toBe(world.pool.stats().delivered);
    expect(world.pool.stats().resets).toBeGreaterThan(20);
  });

  test("makes a naive client count twice, when the reply is what was cut off", () => {
    const server = new CountingServer();
    const world = new World({
      serve: (request) => {
        const reply = server.execute(request);
        if (request.index % 10 === 9) request.link.end();
        else request.echo(0, reply);
      },
    });
    const naive = new Naive(world);
    for (let round = 0; round < 100; round++) naive.send("+1");
    expect(server.executions).toBeGreaterThan(100);
  });
});
