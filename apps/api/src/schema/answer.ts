/**
 * What answers look like, as zod schemas for the OpenAPI document.
 *
 * Nothing is checked against them at run time: the types in runs/ and the experiment's own say
 * the same, and the compiler compares the two. Objects are open, since answers may grow fields.
 */

import { z } from "@hono/zod-openapi";
import { createSpecSchema, type FullSpec, type SpecLimits } from "@faultline/experiment";
import type { Problem } from "../problem.ts";
import { RUN_STATUSES, type Run } from "../runs/run.ts";
import { RUN_KINDS } from "../runs/task.ts";
import { exchangeSchema, makeResultSchema } from "./result.ts";
import { comparisonSchema, makeShrinkResultSchema, searchResultSchema } from "./tasks.ts";

const inputErrorSchema = z.looseObject({
  path: z.string().describe("JSON Pointer (RFC 6901) into the body, the query or the headers."),
  message: z.string(),
  in: z.enum(["query", "header"]).optional().describe("Left out for the body."),
});

const problemSchema: z.ZodType<Problem> = z
  .looseObject({
    type: z.string().describe("urn:faultline:problem:CODE"),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z
      .array(inputErrorSchema)
      .optional()
      .describe("Everything wrong with the input, at once."),
  })
  .describe("RFC 9457.") as z.ZodType<Problem>;

const progressSchema = z
  .looseObject({ done: z.int().min(0), total: z.int().min(0) })
  .describe(
    "Messages settled, of how many; of a search seeds, of a comparison pairs, of a shrink runs.",
  );

const time = z.string().describe("RFC 3339, UTC.");

/** Every schema of an answer, by the name it has in the document. */
export function makeAnswerSchemas(limits: SpecLimits): Readonly<Record<string, z.ZodType>> {
  const fullSpecSchema = createSpecSchema(limits).describe(
    "A spec with every default filled in.",
  ) as z.ZodType<FullSpec>;
  const resultSchema = makeResultSchema(fullSpecSchema);
  const shrinkResultSchema = makeShrinkResultSchema(fullSpecSchema);
  const anyResultSchema = z
    .union([resultSchema, searchResultSchema, shrinkResultSchema, comparisonSchema])
    .describe("By the kind of the run: experiment, search, shrink, compare.");
  const runSchema = z.looseObject({
    id: z.string(),
    kind: z.enum(RUN_KINDS).describe("What is asked: `spec` carried out, or many runs of it."),
    status: z.enum(RUN_STATUSES),
    progress: progressSchema,
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    spec: fullSpecSchema,
    options: z
      .looseObject({})
      .optional()
      .describe("Not there for an experiment: what else was asked, every default filled in."),
    result: anyResultSchema
      .nullable()
      .describe("Also there, as a partial one, where a run was stopped while it ran."),
    error: problemSchema.nullable().describe("Why a run failed."),
  }) satisfies z.ZodType<Omit<Run, "options">>;
  const scenarioSchema = z.looseObject({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    transports: z.array(z.enum(["tcp", "udp", "tls"])),
    spec: fullSpecSchema,
    expect: z.string().describe("The verdict a sound system comes to."),
  });
  return {
    AnyResult: anyResultSchema,
    Comparison: comparisonSchema,
    Exchange: exchangeSchema,
    FullSpec: fullSpecSchema,
    Health: z.looseObject({ status: z.literal("ok"), version: z.string() }),
    Problem: problemSchema,
    Result: resultSchema,
    Run: runSchema,
    RunPage: z.looseObject({ items: z.array(runSchema), nextCursor: z.string().nullable() }),
    Scenario: scenarioSchema,
    SearchResult: searchResultSchema,
    ShrinkResult: shrinkResultSchema,
    Service: z.looseObject({
      name: z.literal("faultline"),
      version: z.string(),
      links: z.record(z.string(), z.string()).describe("Paths, by what is found there."),
    }),
    ScenarioList: z.looseObject({ items: z.array(scenarioSchema) }),
  };
}
