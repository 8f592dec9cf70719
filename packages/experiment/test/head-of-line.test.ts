/**
 * Pitfall 9, the contrast: what one lost datagram holds up, over packets and over TCP, on the same
 * path with the same chances of the same seed.
 *
 * A hundred messages a second, far fewer than either window would allow, so nothing waits for room.
 */
import { describe, expect, test } from "vitest";
import type { ExchangeLine } from "../src/index.ts";
import { parseSpec, runExperiment } from "../src/index.ts";

const RTT_MS = 50;
const MESSAGES = 1000;
const LOSS = 0.02;
const TRANSPORTS = {
  packets: { transport: "udp", client: { datagrams: "packets" } },
  tcp: { transport: "tcp", client: {} },
} as const;

/** How much longer than a round trip each message took, in ms. */
async function delays(name: keyof typeof TRANSPORTS, loss: number): Promise<number[]> {
  const { transport, client } = TRANSPORTS[name];
  const parsed = parseSpec({
    specVersion: 1,
    mode: "simulated",
    seed: 11,
    transport,
    workload: { messages: MESSAGES, inFlightMax: 100, ratePerSecond: 100 },
    client: { ...client, attemptTimeoutMs: 20_000 },
    network: { delayMs: RTT_MS / 2, loss, congestionControl: "newreno" },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const lines: ExchangeLine[] = [];
  await runExperiment(parsed.spec, { onExchange: (line) => void lines.push(line) });
  return lines.map(({ attempts }) => {
    const { sentUs, endedUs } = attempts.at(-1)!;
    return (endedUs - sentUs) / 1000 - RTT_MS;
  });
}

const late = (values: readonly number[]) => values.filter((ms) => ms > 1);

describe("two datagrams lost in a hundred, each way", () => {
  test("make late over packets only the messages that were in them", async () => {
    const packets = late(await delays("packets", LOSS));
    // Each message has a datagram there and one back: 4 % of them lose one.
    expect(packets.length).toBeGreaterThan(0.02 * MESSAGES);
    expect(packets.length).toBeLessThan(0.06 * MESSAGES);
  });

  test("make late over TCP the messages behind them as well: several times as many", async () => {
    const packets = late(await delays("packets", LOSS));
    const tcp = late(await delays("tcp", LOSS));
    expect(tcp.length).toBeGreaterThan(3 * packets.length);
  });

  test("where nothing is lost, nothing is late over either", async () => {
    expect(late(await delays("packets", 0))).toEqual([]);
    // The first waits for its connection.
    expect(late(await delays("tcp", 0)).length).toBeLessThan(10);
  });
});
