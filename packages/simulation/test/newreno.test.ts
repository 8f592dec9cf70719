/** Streams with congestion control: the rules of RFC 5681, 6582 and 6298, and not a byte lost. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LinkOptions } from "../src/index.ts";
import { Simulation } from "../src/index.ts";
import { RenoWindow } from "../src/stream/reno/window.ts";
import { connected, pattern, since } from "./helpers.ts";

const MSS = 1460;
const DELAY_US = 25_000;
const RTT_US = 2 * DELAY_US;

const reno = (link: Partial<LinkOptions> = {}, seed = 1) =>
  connected("stream", {
    seed,
    link: { delayUs: DELAY_US, ...link },
    stream: { congestionControl: "newreno", sendBufferBytes: 2 ** 24 },
  });

/** The same, or undefined where the dial loses every try. */
function renoIfOpen(link: Partial<LinkOptions>, seed: number): ReturnType<typeof reno> | undefined {
  try {
    return reno(link, seed);
  } catch (error) {
    if ((error as Error).message === "The link did not open.") return undefined;
    throw error;
  }
}

/** Segments that arrived in each round trip. */
function roundsOf(startUs: number, times: readonly number[]): number[] {
  const rounds: number[] = [];
  for (const us of since(startUs, times)) {
    const round = Math.floor((us - DELAY_US) / RTT_US);
    rounds[round] = (rounds[round] ?? 0) + 1;
  }
  return rounds;
}

describe("the window", () => {
  test("begins with ten segments and grows by one for each ack of slow start", () => {
    const window = new RenoWindow(MSS);
    expect(window.windowBytes).toBe(10 * MSS);
    window.acknowledged(1, 2 * MSS, 0);
    expect(window.windowBytes).toBe(11 * MSS);
  });

  test("is half of what was on its way, and three more, after three repeated acks (RFC 5681, 3.2)", () => {
    const window = new RenoWindow(MSS);
    expect(window.duplicate(5, 14, 10 * MSS)).toBe("go-on");
    expect(window.extraBytes).toBe(MSS);
    expect(window.duplicate(5, 14, 10 * MSS)).toBe("go-on");
    expect(window.duplicate(5, 14, 10 * MSS)).toBe("repeat-first");
    expect(window).toMatchObject({ thresholdBytes: 5 * MSS, windowBytes: 8 * MSS });
    expect(window.duplicate(5, 14, 10 * MSS)).toBe("go-on");
    expect(window.windowBytes).toBe(9 * MSS);
  });

  test("repeats the next hole at a partial ack, and leaves recovery with a full one (RFC 6582)", () => {
    const window = new RenoWindow(MSS);
    for (let ack = 0; ack < 3; ack++) window.duplicate(5, 14, 10 * MSS);
    expect(window.acknowledged(8, 3 * MSS, 7 * MSS)).toBe("repeat-first");
    expect(window.isRecovering).toBe(true);
    expect(window.windowBytes).toBe(6 * MSS);
    expect(window.acknowledged(15, 7 * MSS, 0)).toBe("go-on");
    expect(window).toMatchObject({ isRecovering: false, windowBytes: 2 * MSS });
  });

  test("takes repeated acks after a timeout for no new loss until all of that came through", () => {
    const window = new RenoWindow(MSS);
    window.timeout(14, 10 * MSS, true);
    expect(window).toMatchObject({ thresholdBytes: 5 * MSS, windowBytes: MSS });
    for (let ack = 0; ack < 4; ack++) expect(window.duplicate(5, 14, MSS)).toBe("go-on");
    window.acknowledged(16, 11 * MSS, 0);
    for (let ack = 0; ack < 2; ack++) window.duplicate(16, 30, 10 * MSS);
    expect(window.duplicate(16, 30, 10 * MSS)).toBe("repeat-first");
  });

  test("grows by one segment a window in avoidance", () => {
    const window = new RenoWindow(MSS);
    window.timeout(9, 8 * MSS, true);
    for (let ack = 0; ack < 3; ack++) window.acknowledged(10 + ack, MSS, 0);
    expect(window.windowBytes).toBe(4 * MSS);
    window.acknowledged(20, 3 * MSS, 0);
    expect(window.windowBytes).toBe(4 * MSS);
    window.acknowledged(21, MSS, 0);
    expect(window.windowBytes).toBe(5 * MSS);
  });
});

describe("a stream with congestion control", () => {
  test("sends ten segments, then half as many more each round trip: one ack for two segments", () => {
    const { client, server, simulation, startUs } = reno();
    client.link?.send(pattern(100 * MSS));
    simulation.run({ timeUs: startUs + 60_000_000 });
    expect(roundsOf(startUs, server.at("bytes")).slice(0, 3)).toEqual([10, 15, 23]);
    expect(server.bytesReceived).toBe(100 * MSS);
  });

  test("repeats a lost segment a round trip later, without a timeout", () => {
    // With this seed one segment of the first twenty is lost, in the middle of a window.
    for (let seed = 1; ; seed++) {
      const { client, server, simulation, startUs } = reno({ loss: 0.02 }, seed);
      client.link?.send(pattern(40 * MSS));
      simulation.run({ timeUs: startUs + 60_000_000 });
      const { lost } = simulation.link("client", "server").stats;
      const back = simulation.link("server", "client").stats.lost;
      if (lost !== 1 || back !== 0) continue;
      expect(server.bytesReceived).toBe(40 * MSS);
      const lastUs = since(startUs, server.at("bytes")).at(-1)!;
      if (lastUs > 8 * RTT_US) continue;
      expect(lastUs).toBeLessThan(6 * RTT_US);
      return;
    }
  });

  test("gives every byte in order, once, whatever is lost, late and damaged, and then ends", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 10_000 }),
        fc.constantFrom(0, 0.05, 0.3),
        fc.constantFrom(0, 40_000),
        fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 8 }),
        (seed, loss, jitterUs, sizes) => {
          const open = renoIfOpen({ loss, jitterUs, corrupt: loss / 5 }, seed);
          // Of a hundred dials at 30 % loss one loses all its tries.
          fc.pre(open !== undefined);
          const { client, server, simulation } = open;
          const bytes = sizes.map((size, index) => pattern(size, index));
          for (const piece of bytes) {
            client.link?.send(piece);
            server.link?.send(piece.slice());
          }
          client.link?.end();
          server.link?.end();
          simulation.run();
          const sent = bytes.flatMap((piece) => [...piece]);
          // At 30 % a segment may lose all its tries too. Then one end breaks, and the other may never
          // hear of it; what came until then is what was sent.
          const ends = [client, server];
          const isBroken = loss === 0.3 && ends.some(({ error }) => error?.code === "timeout");
          for (const end of ends) {
            const got = end.pieces.flatMap((piece) => [...piece]);
            expect(got).toEqual(isBroken ? sent.slice(0, got.length) : sent);
            if (isBroken) continue;
            expect(end.isClosed).toBe(true);
            expect(end.error).toBeUndefined();
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test("stops at the peer's window, and goes on when it is read, even if that word was lost", () => {
    const { client, server, simulation, startUs } = reno();
    server.link?.pause();
    client.link?.send(pattern(400_000));
    simulation.run({ timeUs: startUs + 20_000_000 });
    expect(server.bytesReceived).toBe(0);
    expect(simulation.link("client", "server").stats.bytes).toBeLessThan(263_000);
    simulation.partition("server", "client", "one-way");
    server.link?.resume();
    simulation.run({ timeUs: simulation.nowUs + 100_000 });
    simulation.heal("server", "client");
    simulation.run({ timeUs: startUs + 300_000_000 });
    expect(server.bytesReceived).toBe(400_000);
  });

  test("acknowledges a lone segment after ackDelayUs, and two at once", () => {
    const { client, simulation, startUs } = reno();
    const acks = (): number => simulation.link("server", "client").stats.packets;
    const before = acks();
    client.link?.send(pattern(100));
    simulation.run({ timeUs: startUs + DELAY_US + 39_999 });
    expect(acks()).toBe(before);
    simulation.run({ timeUs: startUs + DELAY_US + 40_000 });
    expect(acks()).toBe(before + 1);
    const nextUs = startUs + 1_000_000;
    simulation.run({ timeUs: nextUs });
    client.link?.send(pattern(2 * MSS));
    simulation.run({ timeUs: nextUs + DELAY_US });
    expect(acks()).toBe(before + 2);
  });

  test("refuses options that are none", () => {
    const simulate = (stream: object) => () => new Simulation({ seed: 1, stream });
    expect(simulate({ congestionControl: "cubic" })).toThrow(
      'Cannot set up streams as "congestionControl" must be one of none, newreno: got "cubic"',
    );
    expect(simulate({ ackDelayUs: -1 })).toThrow('"ackDelayUs" must be an integer of 0 to');
  });

  test("breaks as a timeout where nothing is heard for too long", () => {
    const { client, simulation } = connected("stream", {
      link: { delayUs: DELAY_US },
      stream: { congestionControl: "newreno", timeoutsMax: 3 },
    });
    simulation.partition("client", "server");
    client.link?.send(pattern(100));
    simulation.run();
    expect(client.error?.code).toBe("timeout");
  });
});
