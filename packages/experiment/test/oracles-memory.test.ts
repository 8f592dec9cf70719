/** Theory and simulation, 100 000 messages a spec: faults with a memory. */
import { describe, test } from "vitest";
import { expectToHold, type OracleCase, PATIENCE_MS } from "./support/oracle.ts";

const TIMES = ["latencyMs.mean", "serviceMs.mean"];
const burst = (more: object = {}) => ({ id: "burst", kind: "burst-loss", ...more });

const CASES: readonly OracleCase[] = [
  {
    name: "bursts among replies",
    spec: { client: { attemptTimeoutMs: 50 }, faults: [burst()] },
    told: [...TIMES, "counts.timeouts", "faults.burst.fired", "counts.executions"],
  },
  {
    name: "bursts met by one attempt each, where only the first connect makes times differ",
    spec: { client: { attemptTimeoutMs: 50, attemptsMax: 1 }, faults: [burst()] },
    told: [...TIMES, "counts.timeouts"],
  },
  {
    name: "long bursts among requests, eight in flight",
    spec: {
      transport: "udp",
      workload: { inFlightMax: 8 },
      client: { attemptTimeoutMs: 50, attemptsMax: 2 },
      faults: [burst({ direction: "request", p: 0.01, r: 0.1, lossInBad: 0.8, lossInGood: 0.05 })],
    },
    told: [...TIMES, "counts.timeouts", "counts.executions", "counts.duplicatesSuppressed"],
  },
  {
    name: "bursts both ways, other losses, and a normal delay",
    spec: {
      client: { attemptTimeoutMs: 50, attemptsMax: 3 },
      faults: [
        burst({ direction: "both" }),
        { id: "lost", kind: "loss", probability: 0.1 },
        { id: "lag", kind: "delay", delayMs: 10, jitterMs: 2, distribution: "normal" },
      ],
    },
    told: [...TIMES, "counts.timeouts"],
  },
  {
    name: "a black hole, met by a ping",
    spec: {
      client: { attemptTimeoutMs: 200, attemptsMax: 2, backoff: { firstMs: 10 } },
      faults: [{ id: "hole", kind: "blackhole", probability: 0.1 }],
    },
    told: [...TIMES, "counts.timeouts", "counts.resets"],
  },
  {
    name: "a black hole that swallows datagrams one way, one attempt each",
    spec: {
      transport: "udp",
      client: { attemptTimeoutMs: 210, attemptsMax: 1 },
      faults: [{ id: "hole", kind: "blackhole", direction: "reply", probability: 0.2 }],
    },
    told: [...TIMES, "counts.timeouts", "faults.hole.fired"],
  },
  {
    name: "a partition from the beginning",
    spec: {
      client: { attemptTimeoutMs: 100, attemptsMax: 1 },
      faults: [{ id: "cut", kind: "partition" }],
    },
    told: ["counts.timeouts", "counts.resets", "faults.cut.fired"],
  },
  {
    name: "a token bucket, one message after the other",
    spec: {
      workload: { clients: 2 },
      faults: [{ id: "narrow", kind: "bandwidth", bytesPerSecond: 100_000 }],
    },
    told: [...TIMES, "counts.timeouts"],
  },
  {
    name: "Poisson arrivals at a bucket without depth: M/D/1, half loaded",
    spec: {
      transport: "udp",
      workload: { inFlightMax: 256, ratePerSecond: 1_000, arrivals: "poisson" },
      faults: [{ id: "narrow", kind: "bandwidth", bytesPerSecond: 216_000, burstBytes: 0 }],
    },
    told: [...TIMES, "counts.timeouts"],
  },
];

describe("closed form and measurement agree, |z| < 4, for", () => {
  test.each(CASES)("$name", (one) => expectToHold(one), PATIENCE_MS);
});
