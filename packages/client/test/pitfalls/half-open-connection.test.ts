/** Pitfall 13. The peer is gone without a word, and the kernel would notice in two hours. */
import { describe, expect, test } from "vitest";
import { PoolWorld } from "../support/pool-world.ts";
import { endsOf, World } from "../support/world.ts";
import { Naive } from "./support.ts";

/** A network whose first connection falls silent, both ways, after one exchange. */
function blackhole(): World {
  let isSilent = false;
  const world = new World({
    network: {
      meddle: (bytes, { connection }) => (isSilent && connection === 0 ? undefined : bytes),
    },
    client: { attemptTimeoutMs: 200, backoff: { firstMs: 10, jitter: "none" } },
  });
  world.clock.setTimer(1000, () => (isSilent = true));
  return world;
}

describe("a half-open connection", () => {
  test("is found by a ping, replaced, and never used again", () => {
    const world = blackhole();
    expect(world.send("before").outcome).toBe("delivered");
    world.advanceMs(10);
    const outcome = world.send("after");
    expect(outcome.outcome).toBe("delivered");
    // One timeout, then as long again for the pong that does not come.
    expect(endsOf(outcome)).toEqual(["timeout", "reset: link-silent", "reply"]);
    expect(outcome.endedUs - outcome.submittedUs).toBeLessThan(500_000);
    expect(world.client.stats()).toMatchObject({ pings: 1, reconnects: 1 });
    expect(world.send("later").attempts).toHaveLength(1);
  });

  test("is used by a naive client until it has no attempt left", () => {
    const world = blackhole();
    const naive = new Naive(world, { timeoutMs: 200, backoffMs: 10 });
    expect(naive.send("before").ok).toBe(true);
    world.advanceMs(10);
    expect(naive.send("after")).toMatchObject({ ok: false, attempts: 4 });
    expect(world.network.connections).toHaveLength(1);
  });

  test("whose peer has restarted, and answers the first write with a reset, costs one attempt", () => {
    const world = new World({
      serve: (request) => (request.index === 1 ? request.link.reset() : request.echo()),
    });
    world.send("before");
    expect(endsOf(world.send("after"))).toEqual(["reset: link-reset", "reply"]);
  });
});

describe("half-open connections of a pool", () => {
  /** A pool whose first connections, as many as it may have, fall silent at 1 s. */
  function silenced(connectionsMax: number, silent: number): PoolWorld {
    let isSilent = false;
    const world = new PoolWorld({
      network: {
        latencyUs: 500,
        meddle: (bytes, { connection }) => (isSilent && connection < silent ? undefined : bytes),
      },
      pool: {
        connectionsMax,
        attemptTimeoutMs: 200,
        backoff: { firstMs: 10, jitter: "none" },
        outliers: null,
      },
    });
    for (let wave = 0; wave < connectionsMax; wave++) {
      for (let n = 0; n < 40; n++) world.submit("before");
      world.advanceMs(10);
    }
    world.advanceMs(1000);
    isSilent = true;
    return world;
  }

  test("are found by one message and pings to all of them, and none is ever used again", () => {
    const world = silenced(4, 4);
    expect(world.pool.stats().endpoints).toMatchObject([{ connections: 4 }]);
    const outcome = world.send("after");
    expect(outcome.outcome).toBe("delivered");
    world.advanceMs(1000);
    const requests = world.servers[0]!.requests.length;
    expect(world.pool.stats()).toMatchObject({ resets: 4 });
    // Each of them would have cost a message, found one by one; here one met at most two.
    expect(endsOf(outcome).filter((end) => end !== "reply").length).toBeLessThanOrEqual(2);
    for (let n = 0; n < 100; n++) expect(world.send("later").attempts).toHaveLength(1);
    const later = world.servers[0]!.requests.slice(requests);
    expect(later.every(({ connection }) => connection >= 4)).toBe(true);
  });

  test("are passed over while they are asked for a sign of life, if there is another", () => {
    const world = silenced(2, 1);
    const sent = Array.from({ length: 2 }, () => world.submit("after"));
    world.advanceMs(250);
    // One of both has timed out; its connection is being asked.
    expect(world.pool.stats()).toMatchObject({ pings: 1, timeouts: 1 });
    const during = Array.from({ length: 20 }, () => world.submit("during"));
    world.advanceMs(50);
    expect(during.map(({ outcome }) => outcome?.attempts.length)).toEqual(during.map(() => 1));
    world.advanceMs(1000);
    expect(sent.every(({ outcome }) => outcome?.outcome === "delivered")).toBe(true);
  });

  test("take no message with them that another endpoint can serve", () => {
    let isSilent = false;
    const world = new PoolWorld({
      names: ["one", "two"],
      network: { latencyUs: 500 },
      pool: { connectionsMax: 2, attemptTimeoutMs: 200, backoff: { firstMs: 10 } },
    });
    world.servers[0]!.script = {
      serve: (request) => (isSilent ? undefined : request.echo()),
      onPing: () => {},
    };
    for (let n = 0; n < 40; n++) world.submit("before");
    world.advanceMs(1000);
    isSilent = true;
    const sent = Array.from({ length: 60 }, () => world.submit("after"));
    world.advanceMs(5000);
    expect(sent.map(({ outcome }) => outcome?.outcome)).toEqual(sent.map(() => "delivered"));
    expect(sent.every(({ outcome }) => outcome!.attempts.length <= 2)).toBe(true);
    const asked = world.servers[0]!.requests.length;
    for (let n = 0; n < 50; n++) world.send("later");
    expect(world.servers[0]!.requests.length).toBe(asked);
    expect(world.pool.stats().endpoints[0]).toMatchObject({ isEjected: true, connections: 0 });
  });
});
