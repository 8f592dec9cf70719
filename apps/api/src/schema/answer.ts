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
import { exchangeSchema, makeResultSchema } from "./result.ts";

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
  .describe("Messages settled, of how many.");

const time = z.string().describe("RFC 3339, UTC.");

/** Every schema of an answer, by the name it has in the document. */
export function makeAnswerSchemas(limits: SpecLimits): Readonly<Record<string, z.ZodType>> {
  const fullSpecSchema = createSpecSchema(limits).describe(
    "A spec with every default filled in.",
  ) as z.ZodType<FullSpec>;
  const resultSchema = makeResultSchema(fullSpecSchema);
  const runSchema: z.ZodType<Run> = z.looseObject({
    id: z.string(),
    status: z.enum(RUN_STATUSES),
    progress: progressSchema,
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    spec: fullSpecSchema,
    result: resultSchema
      .nullable()
      .describe("Also there, as a partial one, where a run was stopped while it ran."),
    error: problemSchema.nullable().describe("Why a run failed."),
  });
  const scenarioSchema = z.looseObject({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    transports: z.array(z.enum(["tcp", "udp", "tls"])),
    spec: fullSpecSchema,
    expect: z.string().describe("The verdict a sound system comes to."),
  });
  return {
    Exchange: exchangeSchema,
    FullSpec: fullSpecSchema,
    Health: z.looseObject({ status: z.literal("ok"), version: z.string() }),
    Problem: problemSchema,
    Result: resultSchema,
    Run: runSchema,
    RunPage: z.looseObject({ items: z.array(runSchema), nextCursor: z.string().nullable() }),
    Scenario: scenarioSchema,
    ScenarioList: z.looseObject({ items: z.array(scenarioSchema) }),
  };
}
