/**
 * Whether the simulated network is like the real one: a run on sockets lies among simulated runs of the
 * same spec with other seeds.
 *
 * Of RUNS simulated runs and one real one, each is equally likely to be the least or the greatest, so the
 * range of the simulated ones holds the real one in 98 of 100 cases (a prediction interval without any
 * distribution). Seeds are fixed, and a seed draws the same faults in both worlds: only timing could move
 * the real figures. So timeouts are a hundred times what a busy machine takes for an answer.
 */
import { describe, expect, test } from "vitest";
import { type FullSpec, type Result, parseSpec, runExperiment } from "../src/index.ts";

const RUNS = 99;
const REAL_SEED = 1;
const MESSAGES = 100;

function specOf(more: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

/** Nothing here times out by itself: whoever does not answer was told not to. */
const PATIENT = {
  attemptTimeoutMs: 10_000,
  backoff: { kind: "constant", firstMs: 1, jitter: "none" },
};
/** For what is lost without a word: as many clients as wait at once, so that a second is enough. */
const SILENT = { ...PATIENT, attemptTimeoutMs: 1_000 };
const loss = (probability: number, more: object = {}) => ({
  id: "drop",
  kind: "loss",
  probability,
  answer: "error",
  ...more,
});
const flip = (probability: number, more: object = {}) => ({
  id: "flip",
  kind: "corrupt",
  probability,
  ...more,
});

const SPECS: Readonly<Record<string, object>> = {
  "replies lost with an error, two attempts": {
    client: { ...PATIENT, attemptsMax: 2 },
    faults: [loss(0.3)],
  },
  "half of all datagrams lost with an error, three attempts, executed once": {
    transport: "udp",
    server: { responder: "counter" },
    client: { ...PATIENT, attemptsMax: 3 },
    faults: [loss(0.5)],
  },
  "requests lost in silence, two attempts": {
    transport: "udp",
    workload: { messages: MESSAGES, clients: 50 },
    client: { ...SILENT, attemptsMax: 2 },
    faults: [loss(0.3, { direction: "request", answer: "silence" })],
  },
  "losses in bursts, two attempts": {
    transport: "udp",
    workload: { messages: MESSAGES, clients: 50 },
    client: { ...SILENT, attemptsMax: 2 },
    faults: [{ id: "burst", kind: "burst-loss", p: 0.2, r: 0.4 }],
  },
  "replies damaged on a stream, two attempts": {
    client: { ...PATIENT, attemptsMax: 2 },
    faults: [flip(0.3)],
  },
  "requests damaged on a stream, three attempts": {
    client: { ...PATIENT, attemptsMax: 3 },
    faults: [flip(0.4, { direction: "request", how: "byte" })],
  },
  "one fault or another, exclusively": {
    client: { ...PATIENT, attemptsMax: 2 },
    composition: "exclusive",
    faults: [loss(0.2), flip(0.2)],
  },
  "connections reset, two attempts": {
    workload: { messages: MESSAGES, clients: 4 },
    client: { ...PATIENT, attemptsMax: 2 },
    faults: [{ id: "cut", kind: "reset", probability: 0.3 }],
  },
  "lost both ways, drawn waits": {
    client: {
      attemptTimeoutMs: 10_000,
      attemptsMax: 4,
      backoff: { kind: "decorrelated", firstMs: 1, maxMs: 5 },
    },
    faults: [loss(0.4, { direction: "both" })],
  },
  "doubled, late and lost": {
    workload: { messages: MESSAGES, clients: 8 },
    client: { ...PATIENT, attemptsMax: 2 },
    faults: [
      { id: "echoes", kind: "duplicate", direction: "request", probability: 0.3 },
      { id: "late", kind: "delay", delayMs: 4, jitterMs: 3 },
      loss(0.3),
    ],
  },
  "several in flight, sizes drawn, cut into pieces and lost": {
    workload: {
      messages: MESSAGES,
      clients: 2,
      inFlightMax: 8,
      payloadBytes: { min: 1, max: 300 },
    },
    client: { ...PATIENT, attemptsMax: 2 },
    faults: [
      { id: "pieces", kind: "slice", sliceBytes: 40, delayMs: 0.2, probability: 0.3 },
      loss(0.3),
    ],
  },
  "only some of the messages": {
    client: { ...PATIENT, attemptsMax: 2 },
    faults: [loss(0.5, { firstMessages: 60 }), loss(0.7, { id: "third", everyMessages: 3 })],
  },
  "the text codec, replies lost with its error": {
    codec: "pipe",
    client: { ...PATIENT, attemptsMax: 2 },
    faults: [loss(0.4)],
  },
};

interface Figures {
  readonly ratio: number;
  readonly attempts: number;
}

const figuresOf = ({ delivery, counts }: Pick<Result, "delivery" | "counts">): Figures => ({
  ratio: delivery.ratio ?? NaN,
  attempts: counts.attempts,
});

const complete = (spec: object) => ({ workload: { messages: MESSAGES, clients: 4 }, ...spec });

async function real(spec: object): Promise<Figures> {
  const { result } = await runExperiment(specOf({ ...complete(spec), seed: REAL_SEED }));
  return figuresOf(result);
}

/** Least and greatest of each figure over the simulated runs. */
async function ranges(spec: object) {
  const seeds = { base: REAL_SEED + 1, runs: RUNS };
  const series = specOf({ ...complete(spec), mode: "simulated", seeds });
  const { result } = await runExperiment(series, { threads: 1 });
  const rows = result.runs ?? [];
  expect(rows.length).toBe(RUNS);
  const range = (of: (row: (typeof rows)[number]) => number | null) => {
    const values = rows.map((row) => of(row) ?? NaN);
    return { low: Math.min(...values), high: Math.max(...values) };
  };
  return {
    ratio: range(({ delivery }) => delivery.ratio),
    attempts: range(({ counts }) => counts.attempts),
  };
}

describe("a real run lies among the simulated ones", () => {
  test.each(Object.entries(SPECS))("%s", async (_, spec) => {
    const { ratio, attempts } = await ranges(spec);
    const seen = await real(spec);
    // the spec has something to be wrong about
    expect(ratio.low).toBeLessThan(1);
    expect(attempts.high).toBeGreaterThan(attempts.low);
    expect(seen.ratio).toBeGreaterThanOrEqual(ratio.low);
    expect(seen.ratio).toBeLessThanOrEqual(ratio.high);
    expect(seen.attempts).toBeGreaterThanOrEqual(attempts.low);
    expect(seen.attempts).toBeLessThanOrEqual(attempts.high);
  });

  test("and one that loses half as much again, or tries once less, does not", async () => {
    const { ratio, attempts } = await ranges(
      SPECS["replies lost with an error, two attempts"] ?? {},
    );
    const lossy = await real({ client: { ...PATIENT, attemptsMax: 2 }, faults: [loss(0.5)] });
    expect(lossy.ratio).toBeLessThan(ratio.low);
    expect(lossy.attempts).toBeGreaterThan(attempts.high);
    const timid = await real({ client: { ...PATIENT, attemptsMax: 1 }, faults: [loss(0.3)] });
    expect(timid.ratio).toBeLessThan(ratio.low);
    expect(timid.attempts).toBeLessThan(attempts.low);
  });
});
