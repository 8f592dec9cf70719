/** The result: its fields, its hash, its replay line, and the law that every message has one outcome. */
import { FAULT_KINDS, faultCatalog } from "@faultline/faults";
import { describe, expect, test } from "vitest";
import { type Counts, type FullSpec, parseSpec, planScenario, scenarios } from "../src/index.ts";
import { assembleResult, type Measured } from "../src/result/assemble.ts";
import { hashJson } from "../src/result/canonical.ts";
import { replayable } from "../src/scenarios/scenarios.ts";
import { replayLine } from "../src/result/replay.ts";
import { LatencySample } from "../src/statistics/latency.ts";

const COUNTS: Counts = {
  messages: 200,
  delivered: 200,
  failed: 0,
  rejected: 0,
  indeterminate: 0,
  attempts: 251,
  retries: 51,
  timeouts: 0,
  errorReplies: 0,
  resets: 0,
  reconnects: 0,
  corruptionsDetected: 51,
  corruptionsUndetected: 0,
  duplicatesSuppressed: 0,
  staleReplies: 0,
  ambiguous: 0,
  executions: 200,
  bytesSent: 0,
  bytesReceived: 0,
};
const FLIP = {
  id: "flip",
  kind: "corrupt",
  eligible: 251,
  fired: 51,
  expected: 50.2,
  variance: 40.16,
} as const;
const ENVELOPE = {
  runtime: "node 26.10.0",
  host: { os: "linux", arch: "x64", cpus: 2 },
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: "2026-01-01T00:00:01.000Z",
  wallMs: 1_000,
  simulatedMs: null,
  simulatedMsPerWallMs: null,
};

function spec(input: object = {}): FullSpec {
  const parsed = parseSpec({
    specVersion: 1,
    seed: 42,
    faults: [{ id: "flip", kind: "corrupt", probability: 0.2 }],
    assert: [{ metric: "delivery.ratio", op: ">=", value: 0.9, confidence: 0.95 }],
    ...input,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

function measured(more: Partial<Measured> = {}): Measured {
  return {
    counts: COUNTS,
    run: { latency: new LatencySample(), service: new LatencySample() },
    phases: new Map(),
    recovery: null,
    wire: null,
    faults: [FLIP],
    interrupted: [],
    broken: [],
    digest: null,
    ...more,
  };
}

const assemble = (more: Partial<Measured> = {}, input: object = {}) =>
  assembleResult({ spec: spec(input), measured: measured(more), envelope: ENVELOPE, scenarios });

describe("a result", () => {
  test("has the fields of the contract, in its order", () => {
    const result = assemble();
    expect(Object.keys(result)).toEqual([
      "schemaVersion",
      "specHash",
      "seed",
      "mode",
      "rng",
      "spec",
      "verdict",
      "reasons",
      "assertions",
      "counts",
      "delivery",
      "latencyMs",
      "serviceMs",
      "recovery",
      "faults",
      "oracles",
      "wire",
      "runs",
      "betweenRuns",
      "digest",
      "replay",
      "bodyHash",
      "envelope",
    ]);
    expect(result).toMatchObject({
      verdict: "pass",
      reasons: [],
      digest: null,
      rng: "faultline-keyed-1",
    });
    expect(result.delivery.ratio).toBe(1);
    expect(result.delivery.expected).toBeCloseTo(1 - 0.2 ** 4, 12);
  });

  test("is hashed without hash and envelope, so that everybody gets the same", () => {
    const result = assemble();
    const { bodyHash, envelope, ...body } = result;
    expect(bodyHash).toBe(hashJson(JSON.parse(JSON.stringify(body))));
    expect(result.specHash).toBe(hashJson(result.spec));
    const elsewhere = assembleResult({
      spec: spec(),
      measured: measured(),
      envelope: { ...envelope, wallMs: 9, host: { os: "other", arch: "arm64", cpus: 64 } },
      scenarios,
    });
    expect(elsewhere.bodyHash).toBe(bodyHash);
  });

  test("of a run that did not go to its end is inconclusive, of one that broke an error", () => {
    const cut = assemble({ interrupted: ["aborted: 3 of 200 messages had settled"] });
    expect(cut).toMatchObject({
      verdict: "inconclusive",
      reasons: ["aborted: 3 of 200 messages had settled"],
    });
    expect(assemble({ broken: ["a worker crashed"], interrupted: ["x"] })).toMatchObject({
      verdict: "error",
      reasons: ["a worker crashed", "x"],
    });
  });

  test("in which a fault never fired is inconclusive, whatever held", () => {
    const silent = assemble({ faults: [{ ...FLIP, fired: 0 }] });
    expect(silent.verdict).toBe("inconclusive");
    expect(silent.reasons).toEqual(["fault flip never fired: 0 of 251, 50.2 expected"]);
  });

  test("in which an assertion fails is a failure, even then", () => {
    const input = { assert: [{ metric: "counts.executions", op: "<", value: 1 }] };
    expect(assemble({ interrupted: ["aborted"] }, input).verdict).toBe("fail");
  });

  test("that did not go to its end fails only by what the rest of it could not have undone", () => {
    const assert = [
      { metric: "delivery.ratio", op: ">=", value: 0.9 },
      { metric: "counts.executions", op: "==", value: 400 },
      { metric: "counts.executions", op: "==", value: 100 },
      { metric: "counts.executions", op: "<=", value: 199 },
      { metric: "counts.executions", op: "<", value: 201 },
      { metric: "counts.rejected", op: "==", value: 0 },
      { metric: "faults.flip.fired", op: "<", value: 1 },
      { metric: "faults.flip.fired", op: ">=", value: 1_000 },
    ];
    const counts = { ...measured().counts, delivered: 100, rejected: 100 };
    const cut = assemble({ interrupted: ["aborted"], counts }, { assert });
    expect(cut.assertions.map(({ verdict }) => verdict)).toEqual([
      "inconclusive",
      "inconclusive",
      "fail",
      "fail",
      "pass",
      "inconclusive",
      "fail",
      "inconclusive",
    ]);
    expect(cut.assertions[0]?.message).toBe(
      "expected delivery.ratio >= 0.9, got 0.5 of 200; the run did not go to its end",
    );
    const whole = assemble({ counts }, { assert });
    expect(whole.assertions.map(({ verdict }) => verdict)).not.toContain("inconclusive");
  });

  test("answers a phase from that phase's numbers", () => {
    const phases = [
      { name: "a", durationMs: 1 },
      { name: "b", durationMs: 1 },
    ];
    const only = (phase: string) => [{ metric: "delivery.ratio", op: "==", value: 0.5, phase }];
    const own = {
      counts: { messages: 2, delivered: 1 },
      latency: new LatencySample(),
      service: new LatencySample(),
    };
    const numbers = { phases: new Map([["a", own]]) };
    expect(assemble(numbers, { phases, assert: only("a") }).verdict).toBe("pass");
    expect(assemble(numbers, { phases, assert: only("b") }).assertions[0]?.message).toContain(
      "the phase never began",
    );
  });

  test("of no message at all has no ratio", () => {
    const none = { ...COUNTS, messages: 0, delivered: 0 };
    expect(assemble({ counts: none }).delivery).toMatchObject({ ratio: null, interval: null });
  });

  test("whose outcomes do not add up is a bug and is not given out", () => {
    expect(() => assemble({ counts: { ...COUNTS, failed: 1 } })).toThrow(/^Bug: 200 messages/);
  });
});

describe("the replay line", () => {
  test("names a scenario, with the transport and seed it ran with", () => {
    const [baseline] = scenarios;
    if (baseline === undefined) throw new Error("no scenario");
    expect(replayLine({ ...baseline.spec, seed: 7 }, scenarios)).toBe(
      "npx -y pnpm@12 faultline run baseline --seed 7",
    );
    expect(replayLine({ ...baseline.spec, transport: "udp" }, scenarios)).toBe(
      "npx -y pnpm@12 faultline run baseline --transport udp --seed 1",
    );
    expect(replayLine({ ...baseline.spec, mode: "simulated" }, scenarios)).toContain(
      "--mode simulated",
    );
  });

  test("names a scenario also where it is otherwise over a transport", () => {
    const plan = planScenario({ scenario: "encrypted", transport: "tls", seed: 7 });
    if (!plan.ok) throw new Error(JSON.stringify(plan.errors));
    expect(replayLine(plan.spec, replayable)).toBe(
      "npx -y pnpm@12 faultline run encrypted --transport tls --seed 7",
    );
  });

  test("of any other spec says that it stands in a file", () => {
    expect(replayLine(spec(), scenarios)).toBe("npx -y pnpm@12 faultline run spec.json --seed 42");
  });
});

describe("the scenarios", () => {
  const contract = [
    "baseline",
    "delay",
    "loss",
    "corruption",
    "seed-mix",
    "duplicate",
    "reorder",
    "burst-loss",
    "reset",
    "slice",
    "bandwidth",
    "blackhole",
    "partition",
  ];

  test("are at least those of the contract, each once", () => {
    const names = scenarios.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(contract));
    expect(new Set(names).size).toBe(names.length);
  });

  test("show every kind of fault there is, but for those that no simulation has", () => {
    const kinds = new Set(
      scenarios.flatMap(({ spec: { faults } }) => faults.map(({ kind }) => kind)),
    );
    const shown = FAULT_KINDS.filter((kind) => faultCatalog[kind].transports.includes("tcp"));
    expect([...kinds].toSorted()).toEqual(shown.toSorted());
  });

  test("include one that must see undetected corruption", () => {
    const unchecked = scenarios.find(({ spec: { checksum } }) => checksum === "none");
    expect(unchecked?.spec.assert).toContainEqual(
      expect.objectContaining({ metric: "counts.corruptionsUndetected", op: ">", value: 0 }),
    );
  });

  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    "%s plans for each of its transports",
    (name, scenario) => {
      expect(scenario.spec.name).toBe(name);
      expect(scenario.spec.assert.length).toBeGreaterThan(0);
      for (const transport of scenario.transports) {
        expect(planScenario({ scenario: name, transport, seed: 9 })).toMatchObject({
          ok: true,
          spec: { transport, seed: 9 },
        });
      }
    },
  );

  test("say what is wrong with a choice, at its path", () => {
    const path = (choice: Parameters<typeof planScenario>[0]) => {
      const plan = planScenario(choice);
      return plan.ok ? "" : plan.errors.map((error) => error.path).join();
    };
    expect(path({ scenario: "no such" })).toBe("/scenario");
    expect(path({ scenario: "slice", transport: "udp" })).toBe("/transport");
    expect(path({ scenario: "loss", transport: "tls" })).toBe("");
    expect(path({ scenario: "loss", mode: "simulated" })).toBe("");
    expect(path({ scenario: "loss", seed: -1 })).toBe("/seed");
    expect(path({ scenario: "loss" })).toBe("");
  });
});
