/**
 * Requests that ask about many runs, and their answers, as zod schemas.
 *
 * The requests validate; the answers are for the OpenAPI document, and the annotations make the
 * compiler refuse drift from the experiment's own types. Specs inside a request are read by the
 * experiment (runs/plan-task.ts), so here they are only said to be there.
 */

import { z } from "@hono/zod-openapi";
import type {
  Comparison,
  Failure,
  FullSpec,
  SearchResult,
  ShrinkResult,
} from "@faultline/experiment";
import type { Limits } from "../limits.ts";

type TaskLimits = Pick<Limits, "seedsMax" | "trialsMax">;

const COMPARE_SEEDS_DEFAULT = 30;

function whole(min: number, max: number) {
  const rule = `must be an integer from ${min} to ${max}`;
  return z.int(rule).min(min, rule).max(max, rule);
}

const seed = () => whole(0, Number.MAX_SAFE_INTEGER);

/** A spec or a scenario's choice; `shown` is what the document shows of it. */
function specIn(shown: z.ZodType) {
  return shown.refine((value) => value !== undefined, "must be a spec, or name a scenario");
}

/** What a body with a `kind` must look like. @param spec how the document shows a spec */
export function makeTaskSchemas(limits: TaskLimits, spec: z.ZodType = z.unknown()) {
  const seeds = whole(1, limits.seedsMax);
  return {
    experiment: z
      .strictObject({ kind: z.literal("experiment"), spec: specIn(spec) })
      .describe("The same as the spec alone."),
    search: z
      .strictObject({
        kind: z.literal("search"),
        spec: specIn(spec),
        seeds: seeds.describe("How many to try."),
        base: seed().optional().describe("The first; default: the spec's."),
        failuresMax: whole(1, limits.seedsMax)
          .default(1)
          .describe("Stops after so many failing seeds."),
      })
      .describe("Which seeds fail? Always simulated."),
    shrink: z
      .strictObject({
        kind: z.literal("shrink"),
        spec: specIn(spec),
        seed: seed().optional().describe("The failing one; default: the spec's."),
        signature: z
          .string("must be a signature as a search names it")
          .optional()
          .describe("Which failure to keep; default: the first."),
        trialsMax: whole(1, limits.trialsMax)
          .default(Math.min(2_000, limits.trialsMax))
          .describe("Runs it may take."),
      })
      .describe("Which few faults does a failing seed take? Always simulated."),
    compare: z
      .strictObject({
        kind: z.literal("compare"),
        a: specIn(spec),
        b: specIn(spec),
        seeds: seeds
          .default(Math.min(COMPARE_SEEDS_DEFAULT, limits.seedsMax))
          .describe("Pairs of runs."),
        base: seed().optional().describe("The first; default: A's."),
      })
      .describe("What changes from A to B on the same seeds? Always simulated."),
  } as const;
}

const count = z.int().min(0);
const maybe = z.number().nullable();
const interval = z.tuple([maybe, maybe]).readonly().nullable();

const failure = z.looseObject({
  signature: z.string().describe("`invariant NAME` or `assertion METRIC OP VALUE`."),
  message: z.string(),
  place: z.looseObject({ client: count, message: count }).nullable(),
}) satisfies z.ZodType<Failure>;

/** The answer of a search. */
export const searchResultSchema: z.ZodType<SearchResult> = z.looseObject({
  schemaVersion: z.literal(1),
  specHash: z.string(),
  seeds: z.looseObject({ base: count, asked: count, tried: count }),
  failing: z.array(
    z.looseObject({ seed: count, failures: z.array(failure), digest: z.string().nullable() }),
  ),
  signatures: z.array(z.looseObject({ signature: z.string(), seeds: z.array(count) })),
  rate: z.looseObject({ ratio: maybe, interval }),
  ended: z.enum(["seeds", "failures", "aborted"]),
});

/** The answer of a shrink. */
export function makeShrinkResultSchema(spec: z.ZodType<FullSpec>): z.ZodType<ShrinkResult> {
  const size = z.looseObject({ firings: count, events: count, messages: count, clients: count });
  return z.looseObject({
    schemaVersion: z.literal(1),
    outcome: z
      .enum(["shrunk", "passes", "not-repeated", "aborted"])
      .describe("`spec`, `story` and `test` are there where it is shrunk."),
    seed: count,
    failure: failure.nullable(),
    from: size.nullable(),
    to: size.nullable(),
    minimal: z.boolean().describe("No fault can be left out alone."),
    trials: count,
    digest: z.string().nullable(),
    spec: spec.nullable().describe("Stands alone: the firings are listed."),
    story: z.string().nullable().describe("One paragraph."),
    test: z.string().nullable().describe("A vitest file."),
  });
}

const figures = z.looseObject({
  "delivery.ratio": maybe,
  attemptsPerMessage: maybe,
  "latencyMs.mean": maybe,
  "latencyMs.p50": maybe,
  "latencyMs.p99": maybe,
});

/** The answer of a comparison. */
export const comparisonSchema: z.ZodType<Comparison> = z.looseObject({
  schemaVersion: z.literal(1),
  specHashes: z.looseObject({ a: z.string(), b: z.string() }),
  seeds: z.looseObject({ base: count, asked: count, tried: count }),
  confidence: z.number(),
  differences: z.array(
    z.looseObject({
      figure: figures.keyof(),
      n: count,
      a: maybe,
      b: maybe,
      difference: maybe.describe("B less A, pair by pair."),
      interval,
      change: z.enum(["better", "worse", "undecided", "same", "unknown"]),
    }),
  ),
  messages: z
    .looseObject({
      both: count,
      onlyFirst: count,
      onlySecond: count,
      neither: count,
      difference: maybe,
      interval,
      p: z.number().describe("McNemar's mid-p."),
    })
    .nullable()
    .describe("The same message in both; null where the two send other ones."),
  runs: z.array(z.looseObject({ seed: count, a: figures, b: figures })),
  ended: z.enum(["seeds", "aborted"]),
});
