/**
 * The zod schema of every fault kind, defaults included.
 *
 * The words and defaults are those of the faults package (its spec.ts); the ranges here are
 * what a spec may ask for. Two kinds act both ways unless told otherwise, since half a partition
 * surprises: `partition` and `blackhole`. `delay.distribution` has a default that depends on
 * `jitterMs`, which a schema cannot say: parse.ts fills it in.
 */
import { FAULT_KINDS } from "@faultline/faults";
import { z } from "zod";
import type { SpecLimits } from "./limits.ts";
import { OBJECT_RULE, integer, number, show, text, words } from "./rule.ts";

const DISTRIBUTIONS = [
  "constant",
  "uniform",
  "normal",
  "exponential",
  "pareto",
  "paretonormal",
  "lognormal",
] as const;

const COUNT_MAX = Number.MAX_SAFE_INTEGER;
const ID_LENGTH_MAX = 64;
const COPIES_MAX = 50;
const GAP_MAX = 1_000;
const BURST_BYTES_MAX = 1_073_741_824;
const BYTES_PER_SECOND_MAX = 10_000_000_000;

type Direction = "request" | "reply" | "both";

/** The schema of one fault: a union told apart by `kind`. */
export function createFaultSchema(limits: SpecLimits): z.ZodType<unknown, unknown> {
  const probability = () => number(0, 1);
  const delayMs = () => number(0, limits.delayMsMax);
  return z.discriminatedUnion(
    "kind",
    [
      fault("delay", "reply", {
        delayMs: delayMs().describe("Mean delay in ms."),
        jitterMs: delayMs()
          .default(0)
          .describe("Spread around delayMs, in the distribution's sense."),
        distribution: words(DISTRIBUTIONS)
          .optional()
          .describe("Default: constant where jitterMs is 0, else uniform (delayMs ± jitterMs)."),
        correlation: number(0, 1).default(0).describe("How much of the previous draw is kept."),
      }),
      fault("loss", "reply", {
        answer: words(["silence", "error"])
          .default("silence")
          .describe("`error`: the sender is told by an error reply."),
      }),
      fault("corrupt", "reply", {
        how: words(["bit", "byte", "truncate", "garbage"]).default("bit"),
      }),
      fault("duplicate", "reply", {
        copies: integer(1, COPIES_MAX).default(1).describe("Extra arrivals."),
      }),
      fault("reorder", "reply", {
        gap: integer(1, GAP_MAX).default(1).describe("How many later messages pass it."),
        delayMs: delayMs().default(50).describe("Longest wait where nothing passes it."),
      }),
      fault("burst-loss", "reply", {
        p: probability().default(0.05).describe("Good to bad, for each message."),
        r: probability().default(0.3).describe("Bad to good, for each message."),
        lossInBad: probability().default(1),
        lossInGood: probability().default(0),
      }),
      fault("bandwidth", "reply", {
        bytesPerSecond: integer(1, BYTES_PER_SECOND_MAX),
        burstBytes: integer(0, BURST_BYTES_MAX).default(1_500),
      }),
      fault("slice", "reply", {
        sliceBytes: integer(1, limits.payloadBytesMax)
          .default(16)
          .describe("Mean size of a piece."),
        delayMs: delayMs().default(1).describe("Pause between two pieces."),
      }),
      fault("reset", "reply", {}),
      fault("blackhole", "both", {}),
      fault("slow-close", "reply", { delayMs: delayMs() }),
      fault("partition", "both", {}),
      fault("corrupt-record", "reply", onReplies()),
      fault("cut-record", "reply", onReplies()),
    ],
    { error: (issue) => kindMessage(issue.input) },
  ) as z.ZodType<unknown, unknown>;
}

function kindMessage(input: unknown): string {
  if (typeof input !== "object" || input === null) return `must be an object: got ${show(input)}`;
  return `must be one of ${FAULT_KINDS.join(", ")}: got ${show((input as { readonly kind?: unknown }).kind)}`;
}

/** Of the faults on encrypted records: what a request is, is known only once its records are open. */
function onReplies() {
  return { direction: words(["reply"]).default("reply").describe("What the server encrypts.") };
}

function fault<const Kind extends string, Shape extends z.ZodRawShape>(
  kind: Kind,
  direction: Direction,
  shape: Shape,
) {
  return z.strictObject(
    {
      id: text(1, ID_LENGTH_MAX).describe("Names the fault in results; unique in the spec."),
      kind: z.literal(kind),
      direction: words(["request", "reply", "both"])
        .default(direction)
        .describe("`both` draws once each way."),
      probability: number(0, 1).default(1).describe("Chance to act on an eligible message."),
      firstMessages: integer(0, COUNT_MAX)
        .nullable()
        .default(null)
        .describe("Only the first so many messages of the run."),
      everyMessages: integer(1, COUNT_MAX)
        .nullable()
        .default(null)
        .describe("Only every so-many-th message of the run."),
      countMax: integer(0, COUNT_MAX).nullable().default(null).describe("At most so many firings."),
      ...shape,
    },
    OBJECT_RULE,
  );
}
