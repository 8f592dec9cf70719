/** Reading a spec: what is filled in, what is refused, and that all of it is told at once. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FullSpec, type ParseOptions, parseSpec, specSchema } from "../src/index.ts";

function errors(input: unknown, options?: ParseOptions): Record<string, string> {
  const parsed = parseSpec(input, options);
  return parsed.ok
    ? {}
    : Object.fromEntries(parsed.errors.map(({ path, message }) => [path, message]));
}

function good(input: object, options?: ParseOptions): FullSpec {
  const parsed = parseSpec({ specVersion: 1, ...input }, options);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

const LOSS = { id: "drop", kind: "loss", probability: 0.2 };

describe("a spec with nothing but its version", () => {
  test("is complete, with the defaults of the contract", () => {
    expect(good({}, { drawSeed: () => 42 })).toEqual({
      specVersion: 1,
      name: "experiment",
      mode: "real",
      seed: 42,
      seeds: null,
      transport: "tcp",
      codec: "frame",
      checksum: "crc32c",
      seal: null,
      workload: {
        messages: 200,
        payloadBytes: 64,
        clients: 1,
        inFlightMax: 1,
        ratePerSecond: null,
        arrivals: "uniform",
        bodies: null,
        idempotent: true,
      },
      client: {
        attemptsMax: 4,
        attemptTimeoutMs: 3_000,
        deadlineMs: 30_000,
        backoff: { kind: "exponential", firstMs: 100, factor: 2, maxMs: 5_000, jitter: "full" },
        retryBudget: null,
        datagrams: "plain",
        forbidden: ["drop table", "shutdown", "malware"],
      },
      server: { workers: 1, responder: "echo" },
      faults: [],
      composition: "independent",
      schedule: null,
      phases: null,
      recovery: { windowMessages: 20, confidence: 0.95 },
      events: [],
      network: null,
      capture: false,
      captureBytesMax: 67_108_864,
      captureSecrets: false,
      assert: [],
    });
  });

  test("has its seed drawn, a whole number below 2^53, another each time", () => {
    const seeds = [good({}).seed, good({}).seed];
    expect(seeds[0]).not.toBe(seeds[1]);
    for (const seed of seeds) expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true);
  });

  test("parses to itself once complete", () => {
    const spec = good({
      faults: [LOSS, { id: "lag", kind: "delay", delayMs: 5 }],
      phases: [{ name: "a", durationMs: 5 }],
    });
    expect(parseSpec(spec)).toEqual({ ok: true, spec });
    expect(specSchema.safeParse(spec).success).toBe(true);
  });
});

describe("defaults that depend on another field", () => {
  test("a delay is constant without jitter and uniform with it", () => {
    const { faults } = good({
      faults: [
        { id: "a", kind: "delay", delayMs: 5 },
        { id: "b", kind: "delay", delayMs: 5, jitterMs: 1 },
        { id: "c", kind: "delay", delayMs: 5, jitterMs: 1, distribution: "normal" },
      ],
      phases: [
        {
          name: "p",
          durationMs: 1,
          faults: ["a", { id: "d", kind: "delay", delayMs: 1, jitterMs: 1 }],
        },
      ],
    });
    expect(faults.map((fault) => fault.kind === "delay" && fault.distribution)).toEqual([
      "constant",
      "uniform",
      "normal",
    ]);
  });

  test("a partition and a black hole act both ways, everything else on replies", () => {
    const kinds = ["partition", "blackhole", "loss", "reset"].map((kind) => ({ id: kind, kind }));
    expect(good({ faults: kinds }).faults.map(({ direction }) => direction)).toEqual([
      "both",
      "both",
      "reply",
      "reply",
    ]);
  });

  test("bodies are sent once each where no number of messages is given", () => {
    expect(good({ workload: { bodies: ["a", "b", "c"] } }).workload.messages).toBe(3);
    expect(good({ workload: { bodies: ["a", "b"], messages: 9 } }).workload.messages).toBe(9);
  });

  test("a counter's messages are not idempotent, and the pipe codec has its own checksum", () => {
    expect(good({ server: { responder: "counter" } }).workload.idempotent).toBe(false);
    expect(
      good({ server: { responder: "counter" }, workload: { idempotent: true } }).workload
        .idempotent,
    ).toBe(true);
    expect(good({ codec: "pipe" }).checksum).toBe("sha1-32");
  });
});

describe("a wrong spec", () => {
  test("is told all its errors at once, each at its place and naming rule and value", () => {
    const found = errors({
      specVersion: "1",
      extra: 1,
      mode: "virtual",
      seed: -0.5,
      transport: "udp",
      faults: [
        { id: "a", kind: "fire" },
        { ...LOSS, probability: "0.2", chance: 1 },
        3,
        { id: "r", kind: "reset" },
      ],
      workload: { messages: NaN, payloadBytes: { min: "1", max: 2 } },
      client: { attemptTimeoutMs: 500, deadlineMs: 100, backoff: { jitter: "some" } },
      assert: [{ metric: "delivery.ration", op: "=>", value: "1" }],
    });
    expect(Object.keys(found)).toEqual([
      "/assert/0/op",
      "/assert/0/value",
      "/client/backoff/jitter",
      "/extra",
      "/faults/0/kind",
      "/faults/1/chance",
      "/faults/1/probability",
      "/faults/2",
      "/faults/3/kind",
      "/mode",
      "/seed",
      "/specVersion",
      "/workload/messages",
      "/workload/payloadBytes/min",
    ]);
    expect(found["/faults/1/probability"]).toBe('must be a number from 0 to 1: got "0.2"');
    expect(found["/workload/messages"]).toBe("must be a whole number from 1 to 10000000: got NaN");
    expect(found["/faults/0/kind"]).toContain('partition, corrupt-record, cut-record: got "fire"');
    expect(found["/extra"]).toContain("must be left out");
  });

  test("is told the errors between its fields too, as far as those can be read", () => {
    const found = errors({
      specVersion: 2,
      transport: "udp",
      composition: "exclusive",
      faults: [
        LOSS,
        { ...LOSS, id: "b", probability: 0.9 },
        { id: "c", kind: "reset" },
        { id: "?", kind: "?" },
      ],
      phases: [
        { name: "a", durationMs: 1, faults: ["drop", "b"] },
        { name: "a", durationMs: "long" },
        { name: "a", durationMs: 1, faults: ["gone"] },
      ],
      assert: [
        { metric: "faults.gone.fired", op: "<", value: 1 },
        { metric: "delivery.ratio", op: "<", value: 1, phase: "gone" },
        { metric: "counts.nothing", op: "<", value: 1 },
        { metric: "counts.attempts", op: "?", value: 1 },
      ],
    });
    // nothing is said of what may stand in a part that cannot be read
    expect(Object.keys(found)).toEqual([
      "/assert/2/metric",
      "/assert/3/op",
      "/faults/2/kind",
      "/faults/3/kind",
      "/phases/0/faults",
      "/phases/1/durationMs",
      "/phases/2/name",
      "/specVersion",
    ]);
  });

  test("is not blamed for what may stand in a section that is none", () => {
    const found = errors({
      specVersion: 1,
      codec: "pipe",
      faults: "all",
      phases: 7,
      workload: 1,
      client: [],
      server: null,
      checksum: 5,
      assert: [
        { metric: "faults.any.fired", op: "<", value: 1 },
        { metric: "delivery.ratio", op: "<", value: 1, phase: "any" },
      ],
    });
    const sections = ["/checksum", "/client", "/faults", "/phases", "/server", "/workload"];
    expect(Object.keys(found)).toEqual(sections);
    const phase = [{ name: "a", durationMs: 1, faults: ["any"] }];
    expect(Object.keys(errors({ specVersion: 1, faults: "all", phases: phase }))).toEqual([
      "/faults",
    ]);
    expect(errors({ specVersion: 1, assert: 3 })).toEqual({
      "/assert": "must be a list of at most 256 assertions: got 3",
    });
  });

  test("is refused whatever it is, and nothing is thrown", () => {
    const cycle: Record<string, unknown> = { specVersion: 1 };
    cycle["faults"] = [cycle];
    const deep = JSON.parse("[".repeat(20_000) + "]".repeat(20_000)) as unknown;
    for (const input of [
      undefined,
      null,
      1,
      "spec",
      [],
      () => 1,
      cycle,
      { specVersion: deep },
      { specVersion: 1n },
    ]) {
      expect(parseSpec(input).ok).toBe(false);
    }
    fc.assert(
      fc.property(fc.anything(), (input) => {
        const parsed = parseSpec(input);
        if (!parsed.ok) for (const { path } of parsed.errors) expect(path).toMatch(/^(\/.*)?$/s);
      }),
      { numRuns: 300 },
    );
  });

  test("is told at most a thousand errors, item 2 before item 10", () => {
    const parsed = parseSpec({
      specVersion: 1,
      workload: { bodies: Array.from({ length: 5_000 }, () => 1) },
    });
    expect(parsed.ok || parsed.errors.length).toBe(1_000);
    expect(parsed.ok || parsed.errors.slice(0, 11).map(({ path }) => path)).toEqual(
      Array.from({ length: 11 }, (_, index) => `/workload/bodies/${index}`),
    );
  });

  test("may not hold a text that JSON cannot carry", () => {
    expect(errors({ specVersion: 1, name: "\ud800" })["/name"]).toContain("lone surrogates");
  });
});

describe("rules over several fields", () => {
  const cases: [string, object, string[]][] = [
    [
      "a pipe carries one message at a time, on one worker, echoed, with its own checksum",
      {
        codec: "pipe",
        checksum: "crc32",
        workload: { inFlightMax: 2 },
        server: { workers: 2, responder: "counter" },
      },
      ["/checksum", "/server/responder", "/server/workers", "/workload/inFlightMax"],
    ],
    [
      "a pipe carries no empty body and none that ends in a line break",
      { codec: "pipe", workload: { bodies: ["a|b", "", "x\n", "x\r"] } },
      ["/workload/bodies/1", "/workload/bodies/2", "/workload/bodies/3"],
    ],
    [
      "one draw cannot have more than one chance in all",
      {
        composition: "exclusive",
        faults: [
          { ...LOSS, probability: 0.6 },
          { ...LOSS, id: "b", probability: 0.5 },
        ],
      },
      ["/faults"],
    ],
    [
      "not in any phase either",
      {
        composition: "exclusive",
        faults: [
          { ...LOSS, probability: 0.6 },
          { ...LOSS, id: "b", probability: 0.5 },
        ],
        phases: [
          { name: "a", durationMs: 1, faults: ["drop"] },
          { name: "b", durationMs: 1, faults: ["drop", "b"] },
        ],
      },
      ["/phases/1/faults"],
    ],
    [
      "a datagram has no stream to cut, reset or close slowly",
      {
        transport: "udp",
        faults: [
          { id: "a", kind: "slice" },
          { id: "b", kind: "reset" },
          { id: "c", kind: "slow-close", delayMs: 1 },
          LOSS,
        ],
      },
      ["/faults/0/kind", "/faults/1/kind", "/faults/2/kind"],
    ],
    [
      "an id names one fault",
      { faults: [LOSS, LOSS], phases: [{ name: "a", durationMs: 1, faults: [LOSS] }] },
      ["/faults/1/id", "/phases/0/faults/0/id"],
    ],
    [
      "a phase names faults that exist, each once, and has a name of its own",
      {
        faults: [LOSS],
        phases: [
          { name: "a", durationMs: 1, faults: ["drop", "drop", "gone"] },
          { name: "a", durationMs: 1 },
        ],
      },
      ["/phases/0/faults/1", "/phases/0/faults/2", "/phases/1/name"],
    ],
    [
      "phases end within the wall limit",
      {
        phases: [
          { name: "a", durationMs: 3_000_000 },
          { name: "b", durationMs: 3_000_000 },
        ],
      },
      ["/phases"],
    ],
    [
      "a datagram carries at most 65 507 bytes, frame and all",
      { transport: "udp", workload: { payloadBytes: 65_444 } },
      ["/workload/payloadBytes"],
    ],
    [
      "drawn sizes run from min to max, and max is carried",
      { transport: "udp", workload: { payloadBytes: { min: 70_001, max: 70_000 } } },
      ["/workload/payloadBytes/max", "/workload/payloadBytes/min"],
    ],
    [
      "a body is measured in bytes, not characters",
      { transport: "udp", workload: { bodies: ["ä".repeat(33_000), "a".repeat(33_000)] } },
      ["/workload/bodies/0"],
    ],
    [
      "a counter needs room for its count",
      { server: { responder: "counter" }, workload: { payloadBytes: 1_048_576 } },
      ["/workload/payloadBytes"],
    ],
    [
      "a deadline leaves time for one attempt, a backoff's end is not before its start",
      { client: { attemptTimeoutMs: 100, deadlineMs: 99, backoff: { firstMs: 100, maxMs: 99 } } },
      ["/client/backoff/maxMs", "/client/deadlineMs"],
    ],
    [
      "a rate is high enough to end within the wall limit",
      { workload: { messages: 1_000_000, ratePerSecond: 1 } },
      ["/workload/ratePerSecond"],
    ],
    [
      "an assertion is about a number, a fault and a phase there are",
      {
        faults: [LOSS],
        phases: [{ name: "a", durationMs: 1 }],
        assert: [
          { metric: "counts.nothing", op: "<", value: 1 },
          { metric: "faults.flip.fired", op: "<", value: 1 },
          { metric: "delivery.ratio", op: "<", value: 1, phase: "b" },
          { metric: "counts.bytesSent", op: "<", value: 1, phase: "a" },
          { metric: "latencyMs.max", op: "<", value: 1, confidence: 0.95 },
          { metric: "latencyMs.p50", op: "<", value: 1, confidence: 0.95, sometimes: true },
          { metric: "faults.drop.fired", op: ">", value: 0, sometimes: true },
          { metric: "latencyMs.mean", op: "<", value: 1, confidence: 0.95 },
          { metric: "latencyMs.p99", op: "<", value: 1, confidence: 0.95, phase: "a" },
        ],
      },
      [
        "/assert/0/metric",
        "/assert/1/metric",
        "/assert/2/phase",
        "/assert/3/phase",
        "/assert/4/confidence",
        "/assert/5/confidence",
      ],
    ],
  ];
  cases.push([
    "recovery is asked of a fault phase, which a spec with one need not name",
    {
      phases: [
        { name: "baseline", durationMs: 1 },
        { name: "fault", durationMs: 1 },
        { name: "storm", durationMs: 1, role: "fault" },
        { name: "recovery", durationMs: 1 },
      ],
      assert: [
        { metric: "recovery.toFirstSuccessMs", op: "<", value: 1 },
        { metric: "recovery.toFirstSuccessMs", op: "<", value: 1, phase: "recovery" },
        { metric: "recovery.toFirstSuccessMs", op: "<", value: 1, phase: "storm" },
        { metric: "recovery.toSteadyStateMs", op: "<", value: 1, phase: "fault" },
        { metric: "recovery.reason", op: "<", value: 1, phase: "fault" },
      ],
    },
    ["/assert/0/phase", "/assert/1/phase", "/assert/4/metric"],
  ]);
  test.each(cases)("%s", (_, input, paths) => {
    expect(Object.keys(errors({ specVersion: 1, ...input }))).toEqual(paths);
  });

  test("a phase has the role of its name, another one, or none", () => {
    const phases = [
      { name: "warm-up", durationMs: 1 },
      { name: "baseline", durationMs: 1, role: null },
      { name: "storm", durationMs: 1, role: "fault" },
      { name: "calm", durationMs: 1 },
    ];
    expect(good({ phases }).phases?.map(({ role }) => role)).toEqual([
      "warm-up",
      null,
      "fault",
      null,
    ]);
    const one = { metric: "recovery.toFirstSuccessMs", op: "<", value: 1 };
    expect(errors({ specVersion: 1, phases, assert: [one] })).toEqual({});
    expect(errors({ specVersion: 1, assert: [one] })["/assert/0/phase"]).toContain(
      "of which this spec has none",
    );
  });

  test("a constant wait needs no maximum", () => {
    expect(
      errors({ specVersion: 1, client: { backoff: { kind: "constant", firstMs: 9, maxMs: 1 } } }),
    ).toEqual({});
  });

  test("thirds of a probability sum to one", () => {
    const faults = ["a", "b", "c"].map((id) => ({
      ...LOSS,
      id,
      probability: id === "a" ? 0.4 : 0.3,
    }));
    expect(errors({ specVersion: 1, composition: "exclusive", faults })).toEqual({});
  });
});
