/** Theory and simulation, 100 000 messages a spec: damage, resets, and mixes of both. */
import { describe, test } from "vitest";
import { expectToHold, type OracleCase, PATIENCE_MS } from "./support/oracle.ts";

const TIMES = ["latencyMs.mean", "serviceMs.mean"];
const DAMAGE = ["counts.corruptionsDetected", "faults.flip.fired"];
const flip = (more: object = {}) => {
  return { id: "flip", kind: "corrupt", direction: "both", probability: 0.2, ...more };
};

const CASES: readonly OracleCase[] = [
  {
    name: "flipped bits both ways of a stream, constant waits with equal jitter",
    spec: {
      client: { backoff: { kind: "constant", firstMs: 20, jitter: "equal" } },
      faults: [flip()],
    },
    told: [...TIMES, ...DAMAGE, "latencyMs.p99", "counts.resets", "counts.errorReplies"],
  },
  {
    name: "flipped bits both ways of datagrams, small acknowledgements",
    spec: {
      transport: "udp",
      server: { responder: "receive-only" },
      workload: { payloadBytes: 200 },
      client: { attemptTimeoutMs: 100, backoff: { kind: "decorrelated", firstMs: 10 } },
      faults: [flip()],
    },
    told: [...TIMES, ...DAMAGE, "counts.timeouts"],
  },
  {
    name: "datagrams cut short",
    spec: {
      transport: "udp",
      client: { attemptTimeoutMs: 100 },
      faults: [flip({ how: "truncate" })],
    },
    told: [...TIMES, ...DAMAGE, "counts.timeouts"],
  },
  {
    name: "noise instead of frames, no jitter",
    spec: { client: { backoff: { jitter: "none" } }, faults: [flip({ how: "garbage" })] },
    told: [...TIMES, ...DAMAGE, "latencyMs.p90", "counts.resets"],
  },
  {
    name: "one weighted draw: told losses, delays up to 400 ms, inverted bytes",
    spec: {
      composition: "exclusive",
      client: { attemptTimeoutMs: 500, backoff: { jitter: "none" } },
      faults: [
        { id: "told", kind: "loss", answer: "error", probability: 0.2 },
        { id: "lag", kind: "delay", delayMs: 200, jitterMs: 200, probability: 0.2 },
        flip({ how: "byte", direction: "reply" }),
      ],
    },
    told: [...TIMES, ...DAMAGE, "latencyMs.p50", "latencyMs.p90", "faults.told.fired"],
  },
  {
    name: "one weighted draw over five faults that act both ways",
    spec: {
      composition: "exclusive",
      client: { attemptTimeoutMs: 100 },
      faults: [
        { id: "told", kind: "loss", direction: "both", answer: "error", probability: 0.1 },
        flip(),
        { id: "cut", kind: "reset", direction: "both", probability: 0.1 },
        { id: "twice", kind: "duplicate", direction: "both", probability: 0.2 },
        { id: "lag", kind: "delay", direction: "both", delayMs: 10, probability: 0.1 },
      ],
    },
    told: [...TIMES, ...DAMAGE, "counts.staleReplies", "counts.executions"],
  },
  {
    name: "everything at once, five attempts, a counting server, a long checksum",
    spec: {
      server: { responder: "counter" },
      checksum: "sha256-128",
      client: {
        attemptTimeoutMs: 100,
        attemptsMax: 5,
        backoff: { firstMs: 5, factor: 1.5, maxMs: 20, jitter: "equal" },
      },
      faults: [
        { id: "lost", kind: "loss", direction: "both", probability: 0.1 },
        flip({ how: "byte", probability: 0.1 }),
        { id: "cut", kind: "reset", direction: "both", probability: 0.1 },
        { id: "told", kind: "loss", direction: "both", answer: "error", probability: 0.1 },
      ],
    },
    told: [...TIMES, ...DAMAGE, "counts.timeouts", "counts.duplicatesSuppressed"],
  },
];

describe("closed form and measurement agree, |z| < 4, for", () => {
  test.each(CASES)("$name", (one) => expectToHold(one), PATIENCE_MS);
});
