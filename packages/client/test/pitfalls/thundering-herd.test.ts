/** Pitfall 10. All clients lose the server in the same moment, and come back in the same moment. */
import { FakeClock, MemoryNetwork, numbers, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { createClient } from "../../src/index.ts";
import { NaiveClient } from "@faultline/testkit/naive";
import { World } from "../support/world.ts";

const CLIENTS = 200;
const BIN_US = 50_000;

/** Clients that all dial a server that is gone until 2 s; the largest share of them in 50 ms. */
function peakShare(submit: (network: MemoryNetwork, client: number) => void): number {
  const clock = new FakeClock();
  const network = new MemoryNetwork({ clock });
  const bins = new Map<number, number>();
  const nothing = (): void => {};
  clock.setTimer(2_000_000, () =>
    network.listen((link) => {
      const bin = Math.floor(clock.nowUs() / BIN_US);
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
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
  return Math.max(...bins.values()) / CLIENTS;
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
