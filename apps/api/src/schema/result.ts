/**
 * The result and the exchange line as zod schemas, for the OpenAPI document.
 *
 * The experiment owns these shapes as plain types; the annotations below make the compiler
 * refuse any drift. Objects are open: a result may grow fields, and readers should let it.
 */

import { z } from "@hono/zod-openapi";
import type {
  BetweenRuns,
  ExchangeLine,
  LatencySummary,
  Result,
  RunRow,
} from "@faultline/experiment";

const verdict = z.enum(["pass", "fail", "inconclusive", "error"]);
const count = z.int().min(0);
const maybe = z.number().nullable();
const interval = z
  .tuple([maybe, maybe])
  .readonly()
  .describe("Lower and upper end; null: not bounded.");

const latency: z.ZodType<LatencySummary> = z.looseObject({
  n: count,
  min: maybe,
  mean: maybe,
  p50: maybe,
  p90: maybe,
  p95: maybe,
  p99: maybe,
  p999: maybe,
  max: maybe,
});

const assertion = z.looseObject({
  metric: z.string(),
  op: z.enum(["<", "<=", "==", "!=", ">=", ">"]),
  value: z.number(),
  confidence: maybe,
  phase: z.string().nullable(),
  sometimes: z.boolean().describe("To hold in one run of the series is enough."),
  observed: maybe,
  interval: interval.nullable(),
  n: count.nullable(),
  verdict,
  message: z.string(),
});

const counts = z
  .looseObject({
    messages: count,
    delivered: count,
    failed: count,
    rejected: count,
    indeterminate: count,
    attempts: count,
    retries: count,
    timeouts: count,
    errorReplies: count,
    resets: count,
    reconnects: count,
    corruptionsDetected: count,
    corruptionsUndetected: count,
    duplicatesSuppressed: count,
    staleReplies: count,
    ambiguous: count,
    executions: count,
    bytesSent: count,
    bytesReceived: count,
  })
  .describe("messages = delivered + failed + rejected + indeterminate, always.");

const recovery = z.looseObject({
  phase: z.string(),
  toFirstSuccessMs: maybe,
  toSteadyStateMs: maybe,
  reason: z.string().nullable().describe("Why a time is null, where one is."),
});

const fault = z.looseObject({
  id: z.string(),
  kind: z.string(),
  eligible: count,
  fired: count,
  expected: maybe,
  z: maybe,
});

const oracle = z.looseObject({
  metric: z.string().describe("Path of the figure in this result."),
  expected: maybe.describe("By closed form from the spec alone."),
  observed: maybe,
  z: maybe.describe(
    "Standard deviations between the two; null where the expected was certain and came true.",
  ),
  reason: z.string().nullable().describe("Why nothing is expected."),
});

const wire = z
  .looseObject({
    packets: count,
    captureBytes: count.describe("Size of the file."),
    truncated: z.boolean().describe("There was more than captureBytesMax has room for."),
    payloadBytes: count.describe("What the client's wire carried, both ways."),
    entropyBitsPerByte: maybe.describe("Of that payload, 0 … 8."),
    readable: z.boolean().nullable().describe("A message can be read there."),
    longestRunBytes: count
      .nullable()
      .describe("Longest run of a message's bytes that stands there."),
    packet: count.nullable().describe("Where a readable run ends, counted from 1."),
    offsetBytes: count.nullable().describe("Where it begins in the payload of that packet."),
    keyLogLines: count.describe("Of TLS secrets in the file; 0: nothing there decrypts it."),
    captureHash: z.string(),
  })
  .describe("What the capture shows; null: nothing was captured.");

const envelope = z.looseObject({
  runtime: z.string(),
  host: z.looseObject({ os: z.string(), arch: z.string(), cpus: count }),
  startedAt: z.string(),
  endedAt: z.string(),
  wallMs: z.number(),
  simulatedMs: maybe.describe("Virtual time of all runs together; null in a real run."),
  simulatedMsPerWallMs: maybe,
});

const run: z.ZodType<RunRow> = z
  .looseObject({
    seed: count,
    verdict,
    reasons: z.array(z.string()),
    counts,
    delivery: z.looseObject({ ratio: maybe }),
    latencyMs: z.looseObject({ mean: maybe, p50: maybe, p99: maybe, max: maybe }),
    recovery: z.array(recovery).nullable(),
    faults: z.array(z.looseObject({ id: z.string(), fired: count })),
    digest: z.string().nullable(),
    bodyHash: z.string().describe("Of the whole result that the run gives alone."),
    replay: z.string(),
  })
  .describe("One run of a series, in short.");

const spread = z.looseObject({
  n: count.describe("Runs that have the figure."),
  mean: maybe,
  sd: maybe,
  min: maybe,
  max: maybe,
  interval: interval.nullable().describe("Of the mean, 95 %, by Student's t."),
});

const betweenRuns: z.ZodType<BetweenRuns> = z
  .looseObject({
    delivery: z.looseObject({
      ratio: spread,
      dispersion: maybe.describe("Near 1: the runs may be pooled. Far above: they may not."),
    }),
    latencyMs: z.looseObject({ mean: spread, p50: spread, p99: spread, max: spread }),
    counts: z.looseObject({
      attempts: spread,
      retries: spread,
      timeouts: spread,
      failed: spread,
      executions: spread,
    }),
    faults: z.array(z.looseObject({ id: z.string(), fired: spread })),
  })
  .describe("How far the runs of a series lie apart.");

/** The result under a given schema of the spec. */
export function makeResultSchema(spec: z.ZodType<Result["spec"]>): z.ZodType<Result> {
  return z.looseObject({
    schemaVersion: z.literal(1),
    specHash: z.string(),
    seed: count,
    mode: z.enum(["real", "simulated"]),
    rng: z.string(),
    spec,
    verdict,
    reasons: z.array(z.string()),
    assertions: z.array(assertion),
    counts,
    delivery: z.looseObject({
      ratio: maybe,
      interval: interval.nullable(),
      expected: maybe,
      z: maybe,
      reason: z.string().nullable(),
    }),
    latencyMs: latency,
    serviceMs: latency,
    recovery: z
      .array(recovery)
      .nullable()
      .describe(
        "One for each phase of the role fault, of a series that of its slowest run; null: no such phase.",
      ),
    faults: z.array(fault),
    oracles: z.array(oracle),
    wire: wire.nullable(),
    runs: z
      .array(run)
      .nullable()
      .describe("A series only: its finished runs, by index; all other figures are pooled."),
    betweenRuns: betweenRuns.nullable(),
    digest: z.string().nullable(),
    replay: z.string(),
    bodyHash: z.string(),
    envelope: envelope.describe("Where and when; never hashed."),
  });
}

/** One message with all its attempts. */
export const exchangeSchema: z.ZodType<ExchangeLine> = z.looseObject({
  run: count.optional().describe("A series only: index of the run."),
  client: count,
  message: count,
  outcome: z.enum(["delivered", "failed", "indeterminate", "rejected"]),
  ambiguous: z.literal(true).optional(),
  attempts: z.array(
    z.looseObject({
      attempt: z.int().min(1),
      sentUs: z.number(),
      endedUs: z.number(),
      ended: z.enum([
        ...(["reply", "late-reply", "corrupt", "error-reply"] as const),
        ...(["timeout", "reset", "refused", "aborted"] as const),
      ]),
      faults: z
        .array(z.string())
        .describe("Ids of the faults that met it, in the order of the spec."),
      cut: z
        .literal(true)
        .optional()
        .describe(
          "Only there when true: its connection ended before the attempt had gone its whole way past the faults, so `faults` holds only what had met it by then.",
        ),
    }),
  ),
}) as z.ZodType<ExchangeLine>;
