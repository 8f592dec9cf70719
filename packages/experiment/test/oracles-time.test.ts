/** Theory and simulation, 100 000 messages a spec: what makes replies late, and how late. */
import { describe, test } from "vitest";
import { expectToHold, type OracleCase, PATIENCE_MS } from "./support/oracle.ts";

const TIMES = ["latencyMs.mean", "serviceMs.mean"];
const QUANTILES = ["serviceMs.p50", "serviceMs.p90", "serviceMs.p99"];

const CASES: readonly OracleCase[] = [
  {
    name: "no fault at all, and an end of stream that comes late",
    spec: { faults: [{ id: "end", kind: "slow-close", delayMs: 20 }] },
    told: [...TIMES, ...QUANTILES, "counts.timeouts"],
  },
  {
    name: "a lognormal delay and losses",
    spec: {
      faults: [
        { id: "lag", kind: "delay", delayMs: 50, jitterMs: 10, distribution: "lognormal" },
        { id: "lost", kind: "loss", probability: 0.1 },
      ],
    },
    told: [...TIMES, ...QUANTILES],
  },
  {
    name: "an exponential delay beyond the only timeout",
    spec: {
      transport: "udp",
      client: { attemptTimeoutMs: 100, attemptsMax: 1 },
      faults: [{ id: "lag", kind: "delay", delayMs: 50, distribution: "exponential" }],
    },
    told: [...TIMES, ...QUANTILES, "counts.timeouts"],
  },
  {
    name: "Pareto delays whose late replies race with retries, and losses",
    spec: {
      transport: "udp",
      client: { attemptTimeoutMs: 100, attemptsMax: 3, backoff: { jitter: "none", firstMs: 30 } },
      faults: [
        { id: "lag", kind: "delay", delayMs: 80, jitterMs: 60, distribution: "pareto" },
        { id: "lost", kind: "loss", probability: 0.1 },
      ],
    },
    told: [...TIMES, ...QUANTILES, "counts.timeouts"],
  },
  {
    name: "even delays up to twice the timeout, and a deadline",
    spec: {
      client: { attemptTimeoutMs: 100, deadlineMs: 250, backoff: { jitter: "none", firstMs: 30 } },
      faults: [
        { id: "lag", kind: "delay", delayMs: 100, jitterMs: 100 },
        { id: "lost", kind: "loss", direction: "both", probability: 0.2 },
      ],
    },
    told: [...TIMES, "counts.timeouts"],
  },
  {
    name: "replies held back for others that never come",
    spec: { faults: [{ id: "hold", kind: "reorder", delayMs: 20, probability: 0.7 }] },
    told: [...TIMES, ...QUANTILES, "faults.hold.fired"],
  },
  {
    name: "replies in pieces with a pause between them",
    spec: {
      faults: [{ id: "cut", kind: "slice", sliceBytes: 10, delayMs: 2, probability: 0.7 }],
    },
    told: [...TIMES, ...QUANTILES, "faults.cut.fired"],
  },
];

describe("closed form and measurement agree, |z| < 4, for", () => {
  test.each(CASES)("$name", (one) => expectToHold(one), PATIENCE_MS);
});
