/** Runs whose links are sealed, or whose frames are signed: the same experiment, below it other bytes. */
import { describe, expect, test } from "vitest";
import { checkDeterminism, parseSpec, runExperiment } from "../src/index.ts";
import type { FullSpec, Result } from "../src/index.ts";
import { labSecret } from "../src/plan/streams.ts";

const SEALS = [{ cipher: "aes-256-gcm" }, { cipher: "chacha20-poly1305" }] as const;
const FLIPS = [{ id: "flip", kind: "corrupt", probability: 0.2, how: "bit", direction: "both" }];
const KEYS = [{ id: "mine", secret: new Uint8Array(32).fill(9) }];

function sealedSpec(fields: object): FullSpec {
  const parsed = parseSpec({
    specVersion: 1,
    mode: "simulated",
    seed: 5,
    workload: { messages: 60, payloadBytes: 200 },
    client: { attemptsMax: 8 },
    ...fields,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

async function run(spec: FullSpec, options = {}): Promise<Result> {
  return (await runExperiment(spec, options)).result;
}

describe.each([
  { transport: "tcp" },
  { transport: "udp" },
  { transport: "udp", client: { attemptsMax: 8, datagrams: "packets" } },
])("over %o", (fields) => {
  test.each(["simulated", "real"])(
    "a sealed run delivers all that a plain one does, %s",
    async (mode) => {
      for (const seal of SEALS) {
        const result = await run(sealedSpec({ ...fields, mode, seal }));
        expect(result.counts).toMatchObject({ delivered: 60, executions: 60, retries: 0 });
        expect(result.spec.seal).toEqual(seal);
      }
    },
  );

  test.each(["simulated", "real"])("a signed run too, %s", async (mode) => {
    const result = await run(sealedSpec({ ...fields, mode, checksum: "hmac-sha256-128" }));
    expect(result.counts).toMatchObject({ delivered: 60, executions: 60, retries: 0 });
  });

  test("faults act on the messages as they do where nothing is sealed", async () => {
    const faults = FLIPS;
    const plain = await run(sealedSpec({ ...fields, faults }));
    const sealed = await run(sealedSpec({ ...fields, faults, seal: SEALS[1] }));
    const signed = await run(sealedSpec({ ...fields, faults, checksum: "hmac-sha256-128" }));
    expect(plain.counts.corruptionsDetected).toBeGreaterThan(5);
    expect(sealed.counts.corruptionsDetected).toBe(plain.counts.corruptionsDetected);
    expect(sealed.faults).toEqual(plain.faults);
    for (const { counts } of [sealed, signed]) {
      expect(counts).toMatchObject({ delivered: 60, executions: 60, corruptionsUndetected: 0 });
    }
  });
});

describe("the field seal", () => {
  test("is null where nothing is said, and has a cipher where nothing is said of it", () => {
    expect(sealedSpec({}).seal).toBeNull();
    expect(sealedSpec({ seal: {} }).seal).toEqual({ cipher: "chacha20-poly1305" });
  });

  test.each([
    [{ seal: { cipher: "rot13" } }, "/seal/cipher"],
    [{ seal: { secret: "x" } }, "/seal/secret"],
    [{ seal: {}, transport: "tls" }, '"/seal"'],
    [{ seal: {}, transport: "udp", workload: { payloadBytes: 65_507 - 64 - 35 } }, "payloadBytes"],
  ])("is refused by its path: %o", (fields, path) => {
    expect(() => sealedSpec(fields)).toThrow(path);
  });

  test("leaves as much room in a datagram as the seal does not need", async () => {
    const workload = { messages: 2, payloadBytes: 65_507 - 64 - 36 };
    const spec = sealedSpec({ seal: {}, transport: "udp", mode: "real", workload });
    expect((await run(spec)).counts.delivered).toBe(2);
  });
});

describe("a wire that flips bits", () => {
  const network = { corrupt: 0.2, duplicate: 0.2, reorder: 0.2, loss: 0.05 };

  test.each(SEALS)("loses sealed datagrams, and changes none: %o", async (seal) => {
    const client = { attemptsMax: 40, attemptTimeoutMs: 100, backoff: { firstMs: 1, maxMs: 5 } };
    const result = await run(sealedSpec({ transport: "udp", network, client, seal }));
    // A sealed datagram that was hit is never seen above: it is not damage, it is not there.
    expect(result.counts).toMatchObject({
      delivered: 60,
      executions: 60,
      corruptionsDetected: 0,
      corruptionsUndetected: 0,
    });
    expect(result.counts.timeouts).toBeGreaterThan(5);
    expect(result.counts.errorReplies).toBe(0);
  });
});

describe("the server of a sealed run", () => {
  test("is found again after a crash, with other keys", async () => {
    const events = [10, 20, 30].map((atMs) => ({ atMs, kind: "restart" }));
    const client = { attemptsMax: 20, attemptTimeoutMs: 20, backoff: { firstMs: 1 } };
    const workload = { messages: 400, ratePerSecond: 8000, inFlightMax: 4 };
    for (const transport of ["tcp", "udp"]) {
      const spec = sealedSpec({ transport, events, client, workload, seal: SEALS[1] });
      const result = await run(spec);
      expect(result.counts.delivered).toBe(400);
      expect(result.counts.reconnects).toBeGreaterThan(0);
    }
  });
});

describe("the secret of a run", () => {
  test("follows from the seed, so that the run does: event for event", async () => {
    for (const fields of [{ seal: SEALS[0] }, { checksum: "hmac-sha256-128" }]) {
      const spec = sealedSpec({ ...fields, transport: "udp", faults: FLIPS });
      expect((await checkDeterminism(spec)).same).toBe(true);
      expect((await checkDeterminism(spec, { keys: KEYS })).same).toBe(true);
    }
  });

  test("can be given, and stands nowhere in the result: not even its length", async () => {
    const spec = sealedSpec({ seal: SEALS[1] });
    const own = await run(spec, { keys: KEYS });
    const lab = await run(spec);
    expect(own.digest).not.toBe(lab.digest);
    expect({ ...own, digest: "", bodyHash: "", envelope: null }).toEqual({
      ...lab,
      digest: "",
      bodyHash: "",
      envelope: null,
    });
    const text = JSON.stringify(own);
    expect(text).not.toContain("mine");
    expect(JSON.stringify(lab)).not.toContain(Buffer.from(labSecret(5)).toString("hex"));
  });

  test("is the same for every run of a series on threads", async () => {
    const spec = sealedSpec({ seal: SEALS[1], seed: undefined, seeds: { base: 1, runs: 4 } });
    const [one, four] = [
      await run(spec, { threads: 1, keys: KEYS }),
      await run(spec, { threads: 2, keys: KEYS }),
    ];
    expect(one.bodyHash).toBe(four.bodyHash);
    expect(one.counts.delivered).toBe(240);
  });
});
