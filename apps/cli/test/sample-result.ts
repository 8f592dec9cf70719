/**
 * A result to draw: every figure different, so that a test sees which one was shown.
 */
import { parseSpec } from "@faultline/experiment";
import type { AssertionResult, Result } from "@faultline/experiment";

const QUANTILES = {
  n: 198,
  min: 0.08,
  mean: 12.5,
  p50: 0.214,
  p90: 104.2,
  p95: 201,
  p99: 312.9,
  p999: null,
  max: 640.1,
};

export const PASSED: AssertionResult = {
  metric: "delivery.ratio",
  op: ">=",
  value: 0.9,
  confidence: 0.95,
  phase: null,
  sometimes: false,
  observed: 0.99,
  interval: [0.964, 0.997],
  n: 200,
  verdict: "pass",
  message: "expected >= 0.9, got 0.99",
};

export function sampleResult(changes: Partial<Result> = {}): Result {
  const parsed = parseSpec({
    specVersion: 1,
    name: "corruption over tcp",
    seed: 42,
    faults: [{ id: "flip", kind: "corrupt", probability: 0.2 }],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return {
    schemaVersion: 1,
    specHash: "sha256:aa",
    seed: 42,
    mode: "real",
    rng: "keyed-1",
    spec: parsed.spec,
    verdict: "pass",
    reasons: [],
    assertions: [PASSED],
    counts: {
      messages: 200,
      delivered: 198,
      failed: 2,
      rejected: 0,
      indeterminate: 0,
      attempts: 251,
      retries: 51,
      timeouts: 3,
      errorReplies: 4,
      resets: 5,
      reconnects: 6,
      corruptionsDetected: 47,
      corruptionsUndetected: 0,
      duplicatesSuppressed: 7,
      staleReplies: 8,
      ambiguous: 0,
      executions: 200,
      bytesSent: 26_104,
      bytesReceived: 25_000,
    },
    delivery: { ratio: 0.99, interval: [0.964, 0.997], expected: 0.9984, z: -2.97, reason: null },
    latencyMs: QUANTILES,
    serviceMs: QUANTILES,
    recovery: null,
    faults: [{ id: "flip", kind: "corrupt", eligible: 251, fired: 47, expected: 50.2, z: -0.5 }],
    wire: null,
    oracles: [
      { metric: "counts.attempts", expected: 250, observed: 251, z: 0.14, reason: null },
      { metric: "counts.timeouts", expected: 0, observed: 3, z: 1_000_000, reason: null },
      { metric: "counts.executions", expected: 200, observed: 200, z: null, reason: null },
      { metric: "latencyMs.mean", expected: null, observed: 9, z: null, reason: '"mode" is real' },
    ],
    runs: null,
    betweenRuns: null,
    digest: null,
    replay: "npx -y pnpm@12 faultline run corruption --transport tcp --seed 42",
    bodyHash: "sha256:bb",
    envelope: {
      runtime: "node 26.10.0",
      host: { os: "linux", arch: "x64", cpus: 2 },
      startedAt: "2026-01-01T00:00:00.000Z",
      endedAt: "2026-01-01T00:00:01.240Z",
      wallMs: 1_240,
      simulatedMs: null,
      simulatedMsPerWallMs: null,
    },
    ...changes,
  };
}
