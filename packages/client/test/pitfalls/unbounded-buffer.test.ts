/** Pitfall 11. The peer stops reading, and everything offered is kept. */
import type { Link } from "@faultline/protocol";
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { createClient } from "../../src/index.ts";
import { NaiveClient } from "@faultline/testkit/naive";

const BODY = new Uint8Array(16_384);
/** A GiB of it is offered. */
const OFFERED = 65_536;
/** To a naive client less, since it keeps it all. */
const OFFERED_NAIVE = 1000;

/** A server that takes the connection and does not read. */
function deaf(): { clock: FakeClock; network: MemoryNetwork; links: Link[] } {
  const clock = new FakeClock();
  const network = new MemoryNetwork({ clock, queueBytesMax: 65_536 });
  const links: Link[] = [];
  const nothing = (): void => {};
  network.listen((link) => {
    links.push(link);
    link.pause();
    return {
      onOpen: nothing,
      onBytes: nothing,
      onDrain: nothing,
      onEnd: () => link.end(),
      onClose: nothing,
    };
  });
  return { clock, network, links };
}

describe("a peer that does not read", () => {
  test("fills the queue to its limit and no further; what is above is refused at once", () => {
    const { clock, network, links } = deaf();
    const client = createClient({
      dialer: network,
      clock,
      draw: () => 0,
      session: { high: 0, low: 1 },
      inFlightMax: 8,
      queueMax: OFFERED,
      queueBytesMax: 1_048_576,
    });
    const codes = new Map<string | undefined, number>();
    for (let index = 0; index < OFFERED; index++) {
      client.submit(BODY, {}, ({ error }) => {
        codes.set(error?.code, (codes.get(error?.code) ?? 0) + 1);
      });
      clock.advance(10);
    }
    expect(client.stats()).toMatchObject({ inFlight: 8, queued: 64, rejected: OFFERED - 72 });
    expect([...codes]).toEqual([["queue-full", OFFERED - 72]]);
    // Never more handed to the link than it had room for, but for the one that filled it.
    expect(client.stats().bytesSent).toBeLessThan(65_536 + 2 * BODY.length);
    links[0]?.resume();
    clock.advance(1);
    expect(client.stats().bytesSent).toBeGreaterThan(65_536 + 2 * BODY.length);
  });

  test("or a dead port for datagrams: of a million messages no more are kept than may wait", () => {
    const clock = new FakeClock();
    const network = new MemoryNetwork({ clock, kind: "datagram" });
    const client = createClient({
      dialer: network,
      clock,
      draw: () => 0,
      session: { high: 0, low: 1 },
      queueMax: 64,
    });
    let refused = 0;
    let most = 0;
    for (let index = 0; index < 1_000_000; index++) {
      client.submit("x", { attemptsMax: 1 }, () => refused++);
      if (index % 1000 > 0) continue;
      clock.advance(1000);
      const { inFlight, queued } = client.stats();
      most = Math.max(most, inFlight + queued);
    }
    expect(most).toBeLessThanOrEqual(1 + 64);
    clock.runUntilIdle();
    expect(refused).toBe(1_000_000);
    expect(client.stats()).toMatchObject({ delivered: 0, inFlight: 0, queued: 0 });
    expect(clock.timersPending).toBe(0);
  });

  test("makes a naive client keep it all", () => {
    const { clock, network } = deaf();
    const client = new NaiveClient({ dialer: network, clock });
    for (let index = 0; index < OFFERED_NAIVE; index++) {
      client.submit(BODY, () => {});
      clock.advance(10);
    }
    expect(client.bufferedBytes).toBeGreaterThan(0.9 * OFFERED_NAIVE * BODY.length);
  });
});
