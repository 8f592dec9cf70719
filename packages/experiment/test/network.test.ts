/** The simulated network of a spec: what it does to packets, and where it is refused. */
import { describe, expect, test } from "vitest";
import { type FullSpec, parseSpec, runExperiment, runTrial, shrink } from "../src/index.ts";

function parse(more: object) {
  return parseSpec({ specVersion: 1, mode: "simulated", seed: 5, ...more });
}

function specOf(more: object): FullSpec {
  const parsed = parse(more);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

const result = async (more: object) => (await runExperiment(specOf(more))).result;

const QUICK = { attemptTimeoutMs: 50, attemptsMax: 20, backoff: { firstMs: 5, maxMs: 10 } };

describe("the network", () => {
  test("is the default one where nothing is said of it", async () => {
    const plain = await result({});
    const named = await result({ network: {} });
    expect(named.digest).toBe(plain.digest);
    expect(named.spec.network).toMatchObject({
      delayMs: 0.05,
      bytesPerSecond: null,
      partitions: [],
    });
  });

  test.each(["tcp", "udp"])("takes its time both ways (%s)", async (transport) => {
    const { latencyMs } = await result({ transport, network: { delayMs: 20, jitterMs: 4 } });
    expect(latencyMs.min).toBeGreaterThanOrEqual(40);
    // a first message over tcp waits for its connection
    expect(latencyMs.p50).toBeLessThanOrEqual(48);
    expect(latencyMs.p90! - latencyMs.min!).toBeGreaterThan(1);
  });

  test("carries so many bytes a second", async () => {
    const { latencyMs } = await result({
      workload: { messages: 10, payloadBytes: 960 },
      network: { delayMs: 0, bytesPerSecond: 100_000 },
    });
    // 1000 bytes and a little each way, 10 us a byte
    expect(latencyMs.p50).toBeGreaterThanOrEqual(20);
    expect(latencyMs.p50).toBeLessThan(24);
  });

  test("loses datagrams for good, and segments for as long as it takes to send them again", async () => {
    const network = { loss: 0.2 };
    const udp = await result({ transport: "udp", client: QUICK, network });
    expect(udp.counts.timeouts).toBeGreaterThan(20);
    expect(udp.counts.delivered).toBe(200);
    const tcp = await result({ client: { attemptTimeoutMs: 30_000 }, network });
    expect(tcp.counts).toMatchObject({ delivered: 200, attempts: 200, timeouts: 0 });
    expect(tcp.latencyMs.max).toBeGreaterThan(200);
  });

  test("damages and doubles datagrams, which the checksum and the reply cache see to", async () => {
    const network = { corrupt: 0.1, duplicate: 0.1, reorder: 0.2 };
    const { counts } = await result({ transport: "udp", client: QUICK, network });
    expect(counts.delivered).toBe(200);
    expect(counts.corruptionsDetected).toBeGreaterThan(10);
    expect(counts.duplicatesSuppressed).toBeGreaterThan(5);
    expect(counts).toMatchObject({ executions: 200, corruptionsUndetected: 0 });
  });

  test.each(["both", "request", "reply"])(
    "parts for a while, %s, for one client only",
    async (way) => {
      const spec = specOf({
        transport: "udp",
        workload: { messages: 20, clients: 2, ratePerSecond: 100, inFlightMax: 8 },
        client: { ...QUICK, attemptTimeoutMs: 40 },
        network: { partitions: [{ fromMs: 45, toMs: 105, client: 1, way }] },
      });
      const { lines, result: run } = await runTrial(spec);
      expect(run?.counts).toMatchObject({ delivered: 20, executions: 20 });
      // answered from the cache: it was only the reply that did not come through
      expect(run!.counts.duplicatesSuppressed > 0).toBe(way === "reply");
      const retried = lines.filter(({ attempts }) => attempts.length > 1);
      expect(new Set(retried.map(({ client }) => client))).toEqual(new Set([1]));
      const sent = retried.map(({ attempts }) => attempts[0]!.sentUs);
      expect(Math.min(...sent)).toBeGreaterThanOrEqual(45_000);
      expect(Math.max(...sent)).toBeLessThan(105_000);
    },
  );

  test("is whole again when the last of overlapping partitions is over", async () => {
    const { latencyMs } = await result({
      transport: "udp",
      workload: { messages: 1 },
      client: { ...QUICK, attemptTimeoutMs: 5, attemptsMax: 100 },
      network: {
        partitions: [
          { fromMs: 0, toMs: 100 },
          { fromMs: 50, toMs: 300 },
        ],
      },
    });
    expect(latencyMs.max).toBeGreaterThan(295);
    expect(latencyMs.max).toBeLessThan(330);
  });

  test("is left out of a shrunk run that does not need it", async () => {
    const assert = [{ metric: "counts.retries", op: "<", value: 3 }];
    const transport = "udp";
    const network = {
      jitterMs: 1,
      partitions: [
        { fromMs: 10, toMs: 200 },
        { fromMs: 210, toMs: 220 },
      ],
    };
    const faults = [{ id: "drop", kind: "loss", probability: 0.5 }];
    const needless = await shrink(specOf({ transport, client: QUICK, faults, network, assert }));
    expect(needless).toMatchObject({ outcome: "shrunk", to: { firings: 3 } });
    expect(needless.spec!.network).toBeNull();
    const needed = await shrink(specOf({ transport, client: QUICK, network, assert }));
    expect(needed.spec!.network!.partitions.length).toBe(1);
  });

  test("is refused in real mode, and where it cannot be", () => {
    const wrong = (more: object): string[] => {
      const parsed = parse(more);
      return parsed.ok ? [] : parsed.errors.map(({ path, message }) => `${path} ${message}`);
    };
    expect(wrong({ mode: "real", network: {} })[0]).toMatch(
      /^\/network must be null in real mode: only a simulated network can be shaped: got \{/,
    );
    const partitions = [
      { fromMs: 5, toMs: 5 },
      { fromMs: 1, toMs: 2, client: 1 },
    ];
    expect(wrong({ network: { partitions } })).toEqual([
      "/network/partitions/0/toMs must be above fromMs, 5: got 5",
      "/network/partitions/1/client must be below workload.clients, 1: got 1",
    ]);
    expect(wrong({ network: { loss: 1, rate: 3 } })).toEqual([
      "/network/loss must be a number from 0 to 0.9: got 1",
      "/network/rate must be left out: this field is not known here",
    ]);
  });
});
