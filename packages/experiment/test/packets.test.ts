/** UDP with packets under the frames: large bodies, lost datagrams, faults that act on whole frames. */
import { describe, expect, test } from "vitest";
import { type FullSpec, parseSpec, runExperiment } from "../src/index.ts";

const UDP = { transport: "udp", mode: "simulated", seed: 7 };
const KIB_64 = 65_536;

function parse(more: object) {
  return parseSpec({ specVersion: 1, ...UDP, ...more });
}

function specOf(more: object): FullSpec {
  const parsed = parse(more);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

const result = async (more: object) => (await runExperiment(specOf(more))).result;

const PACKETS = { datagrams: "packets" };
const LOSSY = { delayMs: 25, loss: 0.1, duplicate: 0.05, reorder: 0.1, corrupt: 0.02 };

describe("messages over packets", () => {
  test("are delivered on their first attempt, whatever datagrams are lost, damaged and doubled", async () => {
    const spec = { network: LOSSY, client: { ...PACKETS, attemptTimeoutMs: 20_000 } };
    const { counts } = await result(spec);
    expect(counts).toMatchObject({
      delivered: 200,
      attempts: 200,
      executions: 200,
      timeouts: 0,
      corruptionsDetected: 0,
      duplicatesSuppressed: 0,
    });
    const plain = await result({ network: LOSSY, client: { attemptTimeoutMs: 20_000 } });
    expect(plain.counts.timeouts).toBeGreaterThan(20);
  });

  test("may be as large as 64 KiB, on a network that loses every tenth datagram", async () => {
    const { counts } = await result({
      network: LOSSY,
      workload: { messages: 20, payloadBytes: KIB_64, inFlightMax: 4 },
      client: { ...PACKETS, attemptTimeoutMs: 29_000 },
    });
    expect(counts).toMatchObject({ delivered: 20, attempts: 20, corruptionsUndetected: 0 });
  });

  test("outlive the server: a client that is told of a lost connection dials again", async () => {
    const { counts } = await result({
      workload: { messages: 50 },
      network: { delayMs: 10 },
      client: { ...PACKETS, attemptTimeoutMs: 500, attemptsMax: 10 },
      events: [
        { atMs: 200, kind: "crash", connections: "silent" },
        { atMs: 900, kind: "restart" },
      ],
    });
    expect(counts.delivered).toBe(50);
    expect(counts.resets).toBeGreaterThan(0);
    expect(counts.reconnects).toBeGreaterThan(0);
  });

  test("meet the faults of the server as whole messages, as they do without packets", async () => {
    const faults = [
      { id: "drop", kind: "loss", direction: "both", probability: 0.2, answer: "error" },
      { id: "flip", kind: "corrupt", direction: "both", probability: 0.1, how: "bit" },
      { id: "copy", kind: "duplicate", direction: "both", probability: 0.2, copies: 2 },
    ];
    const client = { attemptTimeoutMs: 500, attemptsMax: 20, backoff: { firstMs: 1, maxMs: 5 } };
    const plain = await result({ faults, client });
    const packets = await result({ faults, client: { ...client, ...PACKETS } });
    expect(packets.faults).toEqual(plain.faults);
    expect(packets.counts.delivered).toBe(200);
    expect(packets.counts.attempts).toBe(plain.counts.attempts);
  });

  test("are the same to the last byte for the same seed", async () => {
    const spec = { network: LOSSY, client: PACKETS, workload: { inFlightMax: 16 } };
    const [one, other] = [await result(spec), await result(spec)];
    expect(one.bodyHash).toBe(other.bodyHash);
  });
});

describe("a spec", () => {
  test("may ask for bodies that no datagram holds only with packets", () => {
    const workload = { payloadBytes: KIB_64 };
    expect(parse({ workload, client: PACKETS }).ok).toBe(true);
    expect(parse({ workload })).toMatchObject({
      ok: false,
      errors: [{ path: "/workload/payloadBytes" }],
    });
    expect(parse({ workload: { payloadBytes: KIB_64 + 1 }, client: PACKETS })).toMatchObject({
      ok: false,
      errors: [{ path: "/workload/payloadBytes" }],
    });
  });

  test("may ask for packets only over udp", () => {
    expect(parse({ transport: "tcp", client: PACKETS })).toMatchObject({
      ok: false,
      errors: [{ path: "/client/datagrams" }],
    });
  });
});

test.each([1, 2])(
  "bodies of 64 KiB over real sockets to %i workers, every fifth reply lost: all arrive, and the loss is what was drawn",
  async (workers) => {
    const spec = {
      mode: "real",
      seed: 3,
      server: { workers },
      workload: { messages: 40, payloadBytes: KIB_64, clients: 2, inFlightMax: 4 },
      client: { ...PACKETS, attemptTimeoutMs: 5_000, backoff: { firstMs: 1, maxMs: 2 } },
      faults: [{ id: "drop", kind: "loss", direction: "reply", probability: 0.2, answer: "error" }],
    };
    const real = await result(spec);
    const simulated = await result({ ...spec, mode: "simulated" });
    expect(real.counts).toMatchObject({ delivered: 40, corruptionsUndetected: 0, timeouts: 0 });
    expect(real.counts.errorReplies).toBe(real.faults[0]!.fired);
    // The same seed, the same messages: the same faults in both worlds.
    expect(real.faults).toEqual(simulated.faults);
    expect(real.counts.attempts).toBe(simulated.counts.attempts);
  },
);
