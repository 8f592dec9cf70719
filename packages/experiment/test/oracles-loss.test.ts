/** Theory and simulation, 100 000 messages a spec: losses, and what clients make of them. */
import { describe, test } from "vitest";
import { expectToHold, type OracleCase, PATIENCE_MS } from "./support/oracle.ts";

const TIMES = ["latencyMs.mean", "serviceMs.mean"];
const QUANTILES = ["latencyMs.p50", "latencyMs.p90", "latencyMs.p99"];
const quick = (more: object = {}) => ({ attemptTimeoutMs: 100, ...more });
const loss = (probability: number, more: object = {}) => {
  return { id: "lost", kind: "loss", probability, ...more };
};

const CASES: readonly OracleCase[] = [
  {
    name: "replies lost, full jitter",
    spec: { client: quick(), faults: [loss(0.3)] },
    told: [...TIMES, ...QUANTILES, "counts.timeouts", "faults.lost.fired", "counts.executions"],
  },
  {
    name: "datagrams lost both ways, equal jitter",
    spec: {
      transport: "udp",
      client: quick({ backoff: { jitter: "equal" } }),
      faults: [loss(0.3, { direction: "both" })],
    },
    told: [...TIMES, ...QUANTILES, "counts.duplicatesSuppressed"],
  },
  {
    name: "losses that are told, decorrelated jitter",
    spec: {
      client: { backoff: { kind: "decorrelated", firstMs: 10 } },
      faults: [loss(0.4, { answer: "error", direction: "both" })],
    },
    told: [...TIMES, "counts.errorReplies"],
  },
  {
    name: "sixteen in flight of each of four clients, two sorts of loss",
    spec: {
      workload: { clients: 4, inFlightMax: 16 },
      client: quick(),
      faults: [loss(0.3), { ...loss(0.1, { answer: "error", direction: "request" }), id: "told" }],
    },
    told: [...TIMES, "counts.errorReplies", "counts.timeouts"],
  },
  {
    name: "losses of the first ten thousand messages, and of every third",
    spec: {
      client: quick(),
      faults: [
        loss(0.4, { firstMessages: 10_000 }),
        { ...loss(0.2, { answer: "error", everyMessages: 3 }), id: "third" },
      ],
    },
    told: [...TIMES, ...QUANTILES, "faults.lost.fired", "faults.third.fired"],
  },
  {
    name: "a deadline that cuts attempts off at certain times",
    spec: {
      client: {
        ...quick({ attemptsMax: 5, deadlineMs: 350 }),
        backoff: { jitter: "none", firstMs: 30 },
      },
      faults: [loss(0.4), { id: "flip", kind: "corrupt", probability: 0.2 }],
    },
    told: [...TIMES, "latencyMs.p99", "counts.timeouts", "counts.corruptionsDetected"],
  },
  {
    name: "so many losses and no more",
    spec: {
      workload: { clients: 3 },
      client: quick(),
      faults: [loss(1, { countMax: 1_000 })],
    },
    told: ["counts.retries", "faults.lost.fired"],
  },
  {
    name: "copies of requests, of which each answer may be lost",
    spec: {
      client: quick(),
      faults: [
        { id: "twice", kind: "duplicate", direction: "both", copies: 2, probability: 0.3 },
        loss(0.4),
      ],
    },
    told: [...TIMES, "counts.staleReplies", "counts.duplicatesSuppressed", "faults.twice.fired"],
  },
];

describe("closed form and measurement agree, |z| < 4, for", () => {
  test.each(CASES)("$name", (one) => expectToHold(one), PATIENCE_MS);
});
