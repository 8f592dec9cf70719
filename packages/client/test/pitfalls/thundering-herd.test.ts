/** Pitfall 10. All clients lose the server in the same moment, and come back in the same moment. */
import { FakeClock, MemoryNetwork, numbers, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { NaiveClient } from "@faultline/testkit/naive";
import type { Reconnect } from "../../src/index.ts";
import { createClient, createPool, createReconnect } from "../../src/index.ts";
import { ScriptedServer } from "../support/scripted-server.ts";
import { World } from "../support/world.ts";

const CLIENTS = 200;
const BIN_US = 50_000;

/** Clients that all dial a server that is gone until 2 s; the largest share of them in 50 ms. */
function peakShare(submit: (network: MemoryNetwork, client: number) => void): number {
  const clock = new FakeClock();
  const network = new MemoryNetwork({ clock });
  const connectsUs: number[] = [];
  const nothing = (): void => {};
  clock.setTimer(2_000_000, () =>
    network.listen((link) => {
      connectsUs.push(clock.nowUs());
      return {
        onOpen: nothing,
        onBytes: nothing,
        onDrain: nothing,
        onEnd: () => link.end(),
        onClose: nothing,
      };
    }),
  );
  for (let client = 0; client < CLIENTS; client++) submit(network, client);
  clock.advance(20_000_000);
  expect(connectsUs.length).toBeGreaterThanOrEqual(CLIENTS);
  // Any 50 ms, not only those that begin at a round number.
  const peak = connectsUs.map((fromUs, first) => {
    const after = connectsUs.findIndex((us) => us >= fromUs + BIN_US);
    return (after < 0 ? connectsUs.length : after) - first;
  });
  return Math.max(...peak) / CLIENTS;
}

describe("a herd of clients that lost their server", () => {
  test("comes back spread out: at most a tenth of it within 50 ms", () => {
    const share = peakShare((network, low) => {
      const next = numbers(seed() + low);
      const { clock } = network;
      const client = createClient({
        dialer: network,
        clock,
        draw: next,
        session: { high: 1, low },
      });
      client.submit("x", {}, () => {});
    });
    expect(share).toBeLessThanOrEqual(0.1);
  });

  test("comes back as one where the waits are the same for all", () => {
    const share = peakShare((network) => {
      const { clock } = network;
      new NaiveClient({ dialer: network, clock, attemptsMax: 10 }).submit("x", () => {});
    });
    expect(share).toBe(1);
  });
});

test("messages that need a link at the same time share one dial", () => {
  const world = new World({ client: { inFlightMax: 100 } });
  for (let message = 0; message < 100; message++) world.submit("x");
  world.clock.runUntilIdle();
  expect(world.eventNames().filter((name) => name === "dial")).toHaveLength(1);
  expect(world.client.stats().delivered).toBe(100);
});

/** When connections reached a server: the most within any 50 ms. */
function peakOf(timesUs: readonly number[]): number {
  return Math.max(
    ...timesUs.map(
      (fromUs) => timesUs.filter((atUs) => atUs >= fromUs && atUs < fromUs + BIN_US).length,
    ),
  );
}

describe("two hundred clients that were connected, reset at 0 and let in again at 2 s", () => {
  interface Herd {
    /** Since the server is back. */
    readonly connectsUs: readonly number[];
    /** While it was gone, and in all. */
    readonly dialsWhileGone: number;
    readonly delivered: number;
  }

  function herd(share: boolean): Herd {
    const clock = new FakeClock();
    const connectsUs: number[] = [];
    const server = new ScriptedServer(clock, { network: { latencyUs: 200 } });
    const draw = numbers(seed());
    const shared: Reconnect = createReconnect({ clock, draw });
    let dials = 0;
    const clients = Array.from({ length: CLIENTS }, (_, low) => {
      const next = numbers(seed() + low);
      return createClient({
        dialer: {
          kind: "stream",
          dial: (events) => {
            dials++;
            return server.network.dial(events);
          },
        },
        clock,
        draw: next,
        session: { high: 1, low },
        reconnect: share ? shared : null,
      });
    });
    let delivered = 0;
    const send = (client: (typeof clients)[number]): void => {
      client.submit("x", {}, ({ outcome }) => (delivered += outcome === "delivered" ? 1 : 0));
    };
    clients.forEach(send);
    clock.advance(10_000_000);
    const dialsBefore = dials;
    const connected = server.network.connections.length;
    server.crash();
    clients.forEach(send);
    clock.advance(2_000_000);
    const dialsWhileGone = dials - dialsBefore;
    server.listen();
    const backUs = clock.nowUs();
    clock.runUntil(() => {
      while (connected + connectsUs.length < server.network.connections.length) {
        connectsUs.push(clock.nowUs() - backUs);
      }
      return delivered === 2 * CLIENTS;
    }, 1_000_000);
    return { connectsUs, dialsWhileGone, delivered };
  }

  test("come back spread out and within seconds, and one has knocked for all", () => {
    const { connectsUs, delivered, dialsWhileGone } = herd(true);
    expect(delivered).toBe(2 * CLIENTS);
    expect(connectsUs).toHaveLength(CLIENTS);
    expect(peakOf(connectsUs)).toBeLessThanOrEqual(CLIENTS / 10);
    expect(connectsUs.at(-1)! - connectsUs[0]!).toBeLessThanOrEqual(1_100_000);
    expect(dialsWhileGone).toBeLessThan(20);
  });

  test("come back spread out, too, where each dials for itself, but all have knocked", () => {
    const { connectsUs, delivered, dialsWhileGone } = herd(false);
    expect(delivered).toBe(2 * CLIENTS);
    expect(peakOf(connectsUs)).toBeLessThanOrEqual(CLIENTS / 10);
    expect(dialsWhileGone).toBeGreaterThan(CLIENTS);
  });
});

test("all connections of a pool, and of several pools that share a reconnect, dial one by one", () => {
  const clock = new FakeClock();
  const server = new ScriptedServer(clock, { network: { latencyUs: 50_000 } });
  const draw = numbers(seed());
  const reconnect = createReconnect({ clock, draw });
  let dialling = 0;
  let most = 0;
  const dialer = {
    kind: "stream" as const,
    dial: (events: Parameters<typeof server.network.dial>[0]) => {
      most = Math.max(most, ++dialling);
      return server.network.dial({
        onOpen: () => {
          dialling--;
          events.onOpen();
        },
        onBytes: (bytes) => events.onBytes(bytes),
        onDrain: () => events.onDrain(),
        onEnd: () => events.onEnd(),
        onClose: (error) => events.onClose(error),
      });
    },
  };
  let delivered = 0;
  for (let low = 0; low < 10; low++) {
    const endpoints = [{ name: "one", dialer, reconnect }];
    const pool = createPool({
      endpoints,
      connectionsMax: 3,
      inFlightMax: 8,
      clock,
      draw,
      session: { high: 1, low },
    });
    for (let n = 0; n < 8; n++) pool.submit("x", {}, () => delivered++);
  }
  clock.advance(100_000);
  // While nobody knows whether the server is there, one of ten pools knocks.
  expect(most).toBe(1);
  clock.advance(5_000_000);
  expect(delivered).toBe(80);
});
