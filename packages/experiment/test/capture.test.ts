/**
 * A capture of a run: it changes nothing, holds everything, is bounded, and is the same again.
 */
import { carriedBy, packetsOf } from "@faultline/capture";
import { describe, expect, test } from "vitest";
import {
  parseSpec,
  planScenario,
  runExperiment,
  scenarios,
  sha256Hex,
  transportsIn,
} from "../src/index.ts";
import type { FullSpec, Result } from "../src/index.ts";
import { Spill } from "../src/capture/spill.ts";

function spec(input: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, seed: 7, capture: true, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

/** Runs a spec; the file in pieces as they came. */
async function captured(full: FullSpec): Promise<{ result: Result; file: Uint8Array }> {
  const pieces: Uint8Array[] = [];
  const { result } = await runExperiment(full, { onCapture: (bytes) => pieces.push(bytes) });
  const file = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.length;
  }
  return { result, file };
}

const TROUBLED = {
  mode: "simulated",
  workload: { messages: 80, clients: 3, inFlightMax: 4 },
  client: { attemptTimeoutMs: 200 },
  faults: [
    { id: "flip", kind: "corrupt", direction: "both", probability: 0.2 },
    { id: "drop", kind: "loss", probability: 0.1 },
  ],
};

describe("a capture", () => {
  test.each(["tcp", "udp"])("over %s changes nothing in a simulated run", async (transport) => {
    const full = spec({ ...TROUBLED, transport });
    const { result } = await captured(full);
    const without = await runExperiment({ ...full, capture: false });
    expect(without.result.wire).toBeNull();
    expect(result.digest).toBe(without.result.digest);
    expect(result.counts).toEqual(without.result.counts);
  });

  test("of a simulated run has the same bytes again, named by their hash", async () => {
    const [one, other] = [await captured(spec(TROUBLED)), await captured(spec(TROUBLED))];
    expect(one.file.length).toBe(one.result.wire?.captureBytes);
    expect(other.file).toEqual(one.file);
    expect(other.result.wire?.captureHash).toBe(one.result.wire?.captureHash);
    const next = await captured(spec({ ...TROUBLED, seed: 8 }));
    expect(next.result.wire?.captureHash).not.toBe(one.result.wire?.captureHash);
  });

  test.each([
    ["tcp", "simulated"],
    ["udp", "simulated"],
    ["tcp", "real"],
    ["udp", "real"],
  ])("over %s, %s, carries the bytes that clients counted", async (transport, mode) => {
    const { result } = await captured(spec({ ...TROUBLED, transport, mode }));
    const { bytesSent, bytesReceived } = result.counts;
    expect(result.wire?.payloadBytes).toBe(bytesSent + bytesReceived);
    expect(result.wire?.truncated).toBe(false);
  });

  test("that grows too large ends with the last packet that fits, and says so", async () => {
    const work = { workload: { messages: 400, payloadBytes: 1_000 }, mode: "simulated" };
    const whole = await captured(spec(work));
    expect(whole.result.wire?.truncated).toBe(false);
    const { captureBytes = 0 } = whole.result.wire ?? {};
    const cut = await captured(spec({ ...work, captureBytesMax: captureBytes - 1_000 }));
    expect(cut.result.wire?.truncated).toBe(true);
    expect(cut.file.length).toBeLessThanOrEqual(captureBytes - 1_000);
    const text = new TextDecoder("latin1").decode(cut.file);
    expect(text).toContain(`it reached captureBytesMax, ${captureBytes - 1_000} bytes`);
    // the tail keeps room for its own words
    const enough = await captured(spec({ ...work, captureBytesMax: captureBytes + 4_096 }));
    expect(enough.result.wire?.truncated).toBe(false);
  });

  test("of a run that was stopped is a whole file of what there was", async () => {
    const pieces: number[] = [];
    const stop = new AbortController();
    const { result } = await runExperiment(spec({ workload: { messages: 100_000 } }), {
      signal: stop.signal,
      onCapture: (bytes) => pieces.push(bytes.length),
      onProgress: () => stop.abort(),
    });
    expect(result.verdict).toBe("inconclusive");
    expect(pieces.reduce((sum, bytes) => sum + bytes, 0)).toBe(result.wire?.captureBytes);
    expect(result.wire?.packets).toBeGreaterThan(10);
  });

  test("names fault, operation and attempt in comments", async () => {
    const { file } = await captured(spec(TROUBLED));
    const text = new TextDecoder("latin1").decode(file);
    expect(text).toMatch(/data client \d operation \d+ attempt 1, met by flip: flipped bit/);
    expect(text).toMatch(/attempt 2 \(a retry\)/);
    expect(text).toMatch(/payload-damaged: client \d operation \d+ attempt \d, met by flip/);
  });
});

describe("a message on the wire", () => {
  test.each(["tcp", "udp"] as const)("can be read in plaintext over %s", async (transport) => {
    const plan = planScenario({ scenario: "plaintext", transport, mode: "simulated" });
    if (!plan.ok) throw new Error(JSON.stringify(plan.errors));
    const { result, file } = await captured(plan.spec);
    expect(result.verdict).toBe("pass");
    expect(result.wire).toMatchObject({ readable: true, longestRunBytes: 17, offsetBytes: 40 });
    expect(new TextDecoder("latin1").decode(file)).toContain("Hello from Client");
  });

  test.each([
    ["tcp", "simulated"],
    ["udp", "simulated"],
    ["tcp", "real"],
    ["udp", "real"],
    ["tls", "real"],
  ] as const)("cannot be read when it is encrypted, over %s, %s", async (transport, mode) => {
    const plan = planScenario({ scenario: "encrypted", transport, mode });
    if (!plan.ok) throw new Error(JSON.stringify(plan.errors));
    const { result, file } = await captured(plan.spec);
    expect(result.verdict).toBe("pass");
    expect(result.wire).toMatchObject({ readable: false, packet: null });
    const text = new TextDecoder("latin1").decode(file);
    for (const run of ["Hello", "from", "Client"]) expect(text).not.toContain(run);
  });

  test("is sent over TLS without a seal, and not where TLS is simulated", () => {
    const choice = { scenario: "encrypted", transport: "tls" } as const;
    expect(planScenario(choice)).toMatchObject({ ok: true, spec: { seal: null, capture: true } });
    const errors = [{ path: "/capture", message: expect.stringContaining("tls is simulated") }];
    expect(planScenario({ ...choice, mode: "simulated" })).toEqual({ ok: false, errors });
    const encrypted = scenarios.find(({ name }) => name === "encrypted")!;
    expect(transportsIn("real", encrypted)).toEqual(["tcp", "udp", "tls"]);
    expect(transportsIn("simulated", encrypted)).toEqual(["tcp", "udp"]);
  });

  test("is not looked for when any traffic would hold it by chance", async () => {
    const { result } = await captured(spec({ mode: "simulated", workload: { bodies: ["Hey"] } }));
    expect(result.wire?.readable).toBeNull();
  });

  test("is measured only where there is a capture", () => {
    const assert = [{ metric: "wire.readable", op: "==", value: 1 }];
    expect(parseSpec({ specVersion: 1, capture: true, assert }).ok).toBe(true);
    const parsed = parseSpec({ specVersion: 1, assert });
    expect(parsed.ok ? [] : parsed.errors.map(({ path }) => path)).toEqual(["/assert/0/metric"]);
    const series = parseSpec({ specVersion: 1, capture: true, seeds: { base: 1, runs: 2 } });
    expect(series.ok ? [] : series.errors.map(({ path }) => path)).toEqual(["/capture"]);
  });
});

test.each(["tcp", "udp"])("secrets over %s are refused: there are none", (transport) => {
  for (const capture of [true, false]) {
    const parsed = parseSpec({ specVersion: 1, transport, capture, captureSecrets: true });
    expect(parsed.ok ? [] : parsed.errors).toEqual([
      {
        path: "/captureSecrets",
        message: `must be false over ${transport}: only TLS tells secrets that decrypt a capture: got true`,
      },
    ]);
  }
  expect(parseSpec({ specVersion: 1, transport: "tls", captureSecrets: true }).ok).toBe(true);
});

describe("a capture over TLS", () => {
  const tls = { transport: "tls", workload: { messages: 10 } };
  const faults = [{ id: "flip", kind: "corrupt", probability: 0.5 }];
  const SECRET = /CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{64}/;

  test("begins with the client's hello, as the connection did", async () => {
    const { file } = await captured(spec(tls));
    const payloads = [...packetsOf(file)]
      .map(({ bytes, interface: { linkType } }) => carriedBy(bytes, linkType)?.payload ?? [])
      .filter((payload) => payload.length > 0);
    // record: handshake, version; its content: hello of a client, and of a server
    expect([...payloads[0]!.slice(0, 2), payloads[0]![5]]).toEqual([22, 3, 1]);
    expect([...payloads[1]!.slice(0, 2), payloads[1]![5]]).toEqual([22, 3, 2]);
  });

  test("holds no secret, and nothing from behind the faults, unless it is asked for", async () => {
    const { file } = await captured(spec({ ...tls, faults }));
    const text = new TextDecoder("latin1").decode(file);
    expect(text).not.toContain("TRAFFIC_SECRET");
    expect(text).not.toContain("faultline-behind");
    expect(text).toContain("codec frame, encrypted");
  });

  test("holds the secrets that the runtime tells, or says that it tells none", async () => {
    const { file, result } = await captured(spec({ ...tls, faults, captureSecrets: true }));
    const text = new TextDecoder("latin1").decode(file);
    expect(text).toContain("faultline-behind");
    const isDeno = "Deno" in globalThis;
    expect(SECRET.test(text)).toBe(!isDeno);
    expect(text.includes("this runtime tells no secrets of TLS")).toBe(isDeno);
    expect(result.wire?.readable).toBe(false);
  });
});

describe("comments on encrypted packets", () => {
  const tls = { transport: "tls", client: { attemptTimeoutMs: 800, attemptsMax: 20 } };
  const faults = [
    { id: "flip", kind: "corrupt-record", probability: 0.15 },
    { id: "snip", kind: "cut-record", probability: 0.1 },
    { id: "lost", kind: "loss", direction: "request", probability: 0.1 },
  ];
  const commentsOf = (file: Uint8Array): string[] => {
    const onWire = [...packetsOf(file)].filter((packet) => packet.interface.name.endsWith("-wire"));
    return onWire.flatMap(({ comment }) => (comment === "" ? [] : comment.split("; ")));
  };
  const count = (comments: readonly string[], pattern: RegExp): number =>
    comments.filter((comment) => pattern.test(comment)).length;

  test("name each attempt, each reply that came and each fault, though nothing is decrypted", async () => {
    const workload = { messages: 40, clients: 2 };
    const { file, result } = await captured(spec({ ...tls, workload, faults }));
    const comments = commentsOf(file);
    const { attempts, retries } = result.counts;
    expect(count(comments, /^data client [01] operation \d+ attempt \d+/)).toBe(attempts);
    expect(count(comments, /\(a retry\)/)).toBe(retries);
    for (const [id, met] of [
      ["flip", /^reply client .*, met by flip: flipped bit \d of byte \d+ of the encrypted/],
      ["snip", /^reply client .*, met by snip: cut the encrypted record of \d+ bytes to \d+/],
      ["lost", /^data client .*, met by lost: dropped$/],
    ] as const) {
      const fault = result.faults.find((one) => one.id === id);
      expect(fault?.fired).toBeGreaterThan(0);
      expect(count(comments, met)).toBe(fault?.fired);
    }
    const replies = count(comments, /^reply client .* attempt \d+(?: \(replayed\))?$/);
    // one that came late came beside that of its retry
    expect(replies).toBeGreaterThanOrEqual(40);
  });

  test("stand where frames end, if a record holds several, or a frame has several", async () => {
    for (const workload of [
      { messages: 300, inFlightMax: 64 },
      { messages: 6, payloadBytes: 50_000 },
    ]) {
      const { file, result } = await captured(spec({ ...tls, workload }));
      const comments = commentsOf(file);
      const left = comments.flatMap((comment) => /^and (\d+) more$/.exec(comment)?.[1] ?? []);
      const unnamed = left.reduce((sum, number) => sum + Number(number), 0);
      const named = count(comments, /^(?:data|reply|goodbye|ping|pong) client 0/);
      expect(result.counts.attempts).toBe(workload.messages);
      expect(named + unnamed).toBe(2 * workload.messages + 1);
    }
  });
});

test("chunks that wait in a file come back as those in memory do, as often as asked", () => {
  const [memory, disk] = [new Spill(1_000_000), new Spill(10)];
  try {
    const lists = [memory.list(), disk.list(), disk.list()];
    for (let size = 0; size < 60; size += 7) {
      for (const list of lists) list.add(new Uint8Array(size).fill(size));
    }
    const hashes = lists.map((list) =>
      [1, 2].map(() => sha256Hex([...list.chunks()].map((chunk) => chunk.join(",")).join(";"))),
    );
    expect(new Set(hashes.flat()).size).toBe(1);
  } finally {
    memory.close();
    disk.close();
  }
});
