/** Pitfall 18. A lost reply is taken for a lost request, and a lost last packet for the end. */
import { describe, expect, test } from "vitest";
import { World } from "../support/world.ts";
import { CountingServer, Naive } from "./support.ts";

const PATH = { kind: "datagram", latencyUs: 10_000 } as const;
const adaptive = {
  attemptTimeoutMs: "adaptive",
  rtt: "loopback",
  backoff: { firstMs: 1 },
} as const;

describe("when only replies are lost", () => {
  /** Every message's first two replies are lost. */
  function deafened(server: CountingServer): World {
    const seen = new Map<number, number>();
    return new World({
      network: PATH,
      client: adaptive,
      serve: (request) => {
        const reply = server.execute(request);
        const count = (seen.get(request.frame.operation) ?? 0) + 1;
        seen.set(request.frame.operation, count);
        if (count > 2) request.echo(0, reply);
      },
    });
  }

  test("nothing is executed twice", () => {
    const server = new CountingServer();
    const world = deafened(server);
    for (let message = 0; message < 50; message++) {
      expect(world.send("+1", { idempotent: false })).toMatchObject({
        outcome: "delivered",
        replayed: true,
      });
    }
    expect(server.executions).toBe(50);
  });

  test("a naive client has everything executed as often as it asks", () => {
    const server = new CountingServer();
    const world = deafened(server);
    const naive = new Naive(world, { timeoutMs: 40, backoffMs: 1 });
    for (let message = 0; message < 10; message++) naive.send("+1");
    expect(server.executions).toBe(40);
  });
});

describe("when only the last datagram is lost", () => {
  const last = 20;

  function tailless(): World {
    let requests = 0;
    return new World({
      network: {
        ...PATH,
        meddle: (bytes, { from }) => (from === "client" && ++requests === last ? undefined : bytes),
      },
      client: adaptive,
    });
  }

  test("it is sent again after one probe timeout, with nothing behind it to tell of the loss", () => {
    const world = tailless();
    for (let message = 1; message < last; message++) world.send("x");
    const { smoothedUs = 0 } = world.client.stats().rtt ?? {};
    const outcome = world.send("tail");
    expect(outcome.outcome).toBe("delivered");
    // A probe timeout, a wait of at most a millisecond, a round trip.
    expect(outcome.endedUs - outcome.submittedUs).toBeLessThan(2 * smoothedUs + 25_000);
  });

  test("a naive client waits for it as long as it waits for anything", () => {
    const world = tailless();
    const naive = new Naive(world);
    for (let message = 1; message < last; message++) naive.send("x");
    const startedUs = world.clock.nowUs();
    expect(naive.send("tail").endedUs - startedUs).toBeGreaterThan(3_000_000);
  });
});
