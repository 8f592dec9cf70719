/** Several connections behind the face of one client: where messages go, and how they are shared. */
import { describe, expect, test } from "vitest";
import { createPool, createRetryBudget } from "../src/index.ts";
import { endpointsOf, PoolWorld } from "./support/pool-world.ts";
import type { Request } from "./support/scripted-server.ts";
import { SESSION, sumsOf, textOf, World } from "./support/world.ts";

describe("a pool of one connection", () => {
  test("does what a client does, at the same times", () => {
    const serve = (request: Request): void => {
      if (request.index % 3 === 0) request.error("lost", 5);
      else request.echo(10);
    };
    const draw = (): number => 0xffff_ffff;
    const client = new World({ serve, client: { inFlightMax: 1 } });
    const pool = new PoolWorld({ serve, pool: { draw, inFlightMax: 1, attemptsMax: 4 } });
    const ofClient = Array.from({ length: 20 }, (_, n) => client.submit(`${n}`));
    const ofPool = Array.from({ length: 20 }, (_, n) => pool.submit(`${n}`));
    client.advanceMs(60_000);
    pool.advanceMs(60_000);
    const named = ofClient.map(({ outcome }) => ({
      ...outcome,
      attempts: outcome?.attempts.map((attempt) => ({ ...attempt, endpoint: "one" })),
    }));
    expect(ofPool.map(({ outcome }) => outcome)).toEqual(named);
    expect(pool.pool.stats()).toMatchObject(client.client.stats());
  });

  test("keeps the order of sending", () => {
    const world = new PoolWorld({
      serve: (request) => (request.frame.attempt < 3 ? request.error("lost") : request.echo()),
      pool: { inFlightMax: 1 },
    });
    const order: number[] = [];
    for (let n = 0; n < 5; n++)
      world.pool.submit(`${n}`, {}, ({ operation }) => order.push(operation));
    world.clock.runUntil(() => order.length === 5);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("connections to one endpoint", () => {
  test.each([1, 2, 7])("are never more than connectionsMax: %i", (connectionsMax) => {
    const world = new PoolWorld({
      pool: { connectionsMax },
      serve: (request) => request.echo(10),
    });
    for (let n = 0; n < 200; n++) {
      world.submit(`${n}`);
      world.advanceMs(1);
    }
    world.advanceMs(10_000);
    expect(world.pool.stats()).toMatchObject({ delivered: 200 });
    expect(world.connections).toEqual([connectionsMax]);
    expect(world.pool.stats().endpoints).toMatchObject([{ connections: connectionsMax, load: 0 }]);
  });

  test("are opened only while all that are open are busy", () => {
    const world = new PoolWorld({ pool: { connectionsMax: 8 } });
    for (let n = 0; n < 100; n++) expect(world.send(`${n}`).outcome).toBe("delivered");
    expect(world.connections).toEqual([1]);
  });

  test("share one session, and a message retried over another one is the same operation", () => {
    const world = new PoolWorld({
      pool: { connectionsMax: 2, attemptTimeoutMs: 50, backoff: { firstMs: 1 } },
      serve: (request) => {
        if (request.frame.attempt > 1 || request.index < 2) request.echo();
      },
    });
    world.send("warm");
    const sent = [world.submit("a"), world.submit("b"), world.submit("c")];
    world.advanceMs(5000);
    expect(sent.map(({ outcome }) => outcome?.outcome)).toEqual([
      "delivered",
      "delivered",
      "delivered",
    ]);
    const [server] = world.servers;
    expect(server!.requests.every(({ frame }) => frame.session.low === SESSION.low)).toBe(true);
    const places = server!.requests.map(({ frame, connection }) => [frame.operation, connection]);
    const moved = [1, 2, 3].filter(
      (id) =>
        new Set(places.filter(([operation]) => operation === id).map(([, at]) => at)).size > 1,
    );
    expect(moved.length).toBeGreaterThan(0);
  });

  test("take the load evenly", () => {
    const world = new PoolWorld({
      pool: { connectionsMax: 4 },
      serve: (request) => request.echo(20),
    });
    for (let n = 0; n < 400; n++) {
      world.submit(`${n}`);
      world.advanceMs(1);
    }
    world.advanceMs(1000);
    const counts = [0, 0, 0, 0];
    for (const { connection } of world.servers[0]!.requests) counts[connection]!++;
    expect(Math.min(...counts)).toBeGreaterThan(80);
  });
});

describe("several endpoints", () => {
  test("share the load, the busier one less", () => {
    const world = new PoolWorld({ names: ["one", "two", "three"] });
    // The second is ten times slower than the others.
    world.servers.forEach((server, index) => {
      server.script = { serve: (request) => request.echo(index === 1 ? 100 : 10) };
    });
    for (let n = 0; n < 1000; n++) {
      world.submit(`${n}`);
      world.advanceMs(1);
    }
    world.advanceMs(1000);
    const [one = 0, two = 0, three = 0] = world.shares;
    expect(one + two + three).toBe(1000);
    expect(two).toBeLessThan(one / 2);
    expect(Math.abs(one - three)).toBeLessThan(150);
  });

  test("are drawn by operation and attempt: the same again gives the same", () => {
    const shares = (): readonly (readonly number[])[] => {
      const draw = (operation: number, attempt: number): number =>
        Math.imul(operation + attempt, 0x9e37_79b1) >>> 0;
      const world = new PoolWorld({ names: ["one", "two", "three"], pool: { draw } });
      for (let n = 0; n < 50; n++) world.send(`${n}`);
      return world.servers.map(({ requests }) => requests.map(({ frame }) => frame.operation));
    };
    expect(shares()).toEqual(shares());
    expect(shares().every((operations) => operations.length > 5)).toBe(true);
  });

  test("name themselves in attempts and counts", () => {
    const world = new PoolWorld({ names: ["one", "two"] });
    const outcome = world.send("Hey");
    expect(textOf(outcome)).toBe("Hey");
    const [name] = endpointsOf(outcome);
    const stats = world.pool.stats();
    expect(stats.endpoints.find((endpoint) => endpoint.name === name)).toMatchObject({
      answers: 1,
    });
    expect(sumsOf(world.pool)).toEqual({ operations: 0, attempts: 0 });
  });
});

describe("what holds for all connections together", () => {
  test("messages in flight, and the queue", () => {
    const world = new PoolWorld({
      names: ["one", "two"],
      pool: { inFlightMax: 3, queueMax: 2 },
      serve: () => {},
    });
    const sent = Array.from({ length: 6 }, (_, n) => world.submit(`${n}`));
    world.advanceMs(1);
    expect(world.pool.stats()).toMatchObject({ inFlight: 3, queued: 2, rejected: 1 });
    expect(sent[5]?.outcome?.error?.code).toBe("queue-full");
  });

  test("the retry budget", () => {
    const retryBudget = createRetryBudget({ tokensMax: 3, earnedPerReply: 0 });
    const world = new PoolWorld({
      names: ["one", "two"],
      pool: { retryBudget, backoff: { firstMs: 1 } },
      serve: (request) => request.error("lost"),
    });
    for (let n = 0; n < 10; n++) world.submit(`${n}`);
    world.advanceMs(10_000);
    expect(world.shares.reduce((sum, share) => sum + share)).toBe(13);
    expect(world.pool.stats()).toMatchObject({ failed: 10, retries: 3, retriesRefused: 10 });
  });

  test("closing: what is open is waited for, then all links end", async () => {
    const world = new PoolWorld({
      names: ["one", "two"],
      pool: { connectionsMax: 2 },
      serve: (request) => request.echo(50),
    });
    for (let n = 0; n < 10; n++) world.submit(`${n}`);
    world.advanceMs(20);
    const closed = world.pool.close();
    world.clock.runUntilIdle();
    await closed;
    expect(world.pool.stats()).toMatchObject({ delivered: 10 });
    expect(world.pool.stats().endpoints.map(({ connections }) => connections)).toEqual([0, 0]);
    expect(
      world.servers.flatMap(({ closes }) => closes).every((error) => error === undefined),
    ).toBe(true);
    expect(world.clock.timersPending).toBe(0);
  });
});

describe("a pool is refused", () => {
  const { clock, pool: _, servers } = new PoolWorld();
  const dialer = servers[0]!.network;
  const base = { clock, draw: () => 0, session: SESSION };
  const endpoint = (name: string) => ({ name, dialer });
  test.each([
    [{ endpoints: [] }, '"endpoints" must be a list of 1 to 256 endpoints'],
    [
      { endpoints: Array.from({ length: 257 }, (__, n) => endpoint(`${n}`)) },
      '"endpoints" must be a list of 1 to 256 endpoints: got 257',
    ],
    [
      { endpoints: [endpoint("a"), endpoint("a")] },
      '"endpoints[1].name" must be a name that no other has: got "a"',
    ],
    [{ endpoints: [{ name: "a", dialer: undefined! }] }, '"endpoints[0].dialer" must be a Dialer'],
    [
      { endpoints: [endpoint("a")], connectionsMax: 0 },
      '"connectionsMax" must be an integer of at least 1',
    ],
    [
      { endpoints: [endpoint("a")], connectionsMax: 257 },
      '"connectionsMax" must be an integer of at most 256',
    ],
    [
      {
        endpoints: [
          endpoint("a"),
          { name: "b", dialer: { kind: "datagram" as const, dial: dialer.dial } },
        ],
      },
      '"endpoints[1].dialer.kind" must be "stream"',
    ],
  ])("as %#", (options, message) => {
    expect(() => createPool({ ...base, ...options })).toThrow(message);
  });

  test("not for 256 endpoints and 256 connections", () => {
    const endpoints = Array.from({ length: 256 }, (__, n) => endpoint(`${n}`));
    expect(() => createPool({ ...base, endpoints })).not.toThrow();
    expect(() =>
      createPool({ ...base, endpoints: [endpoint("a")], connectionsMax: 256 }),
    ).not.toThrow();
  });
});
