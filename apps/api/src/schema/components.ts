/**
 * The named schemas of the OpenAPI document, as JSON Schema.
 *
 * OpenAPI 3.1 speaks JSON Schema 2020-12 itself, so zod's own export is used as it is; the
 * OpenAPI generator only handles routes and parameters. A request is described as one may write
 * it (defaults left out), an answer as it comes (defaults filled in).
 */

import { z } from "@hono/zod-openapi";
import { createSeedsSchema, createSpecSchema, type SpecLimits } from "@faultline/experiment";
import { makeAnswerSchemas } from "./answer.ts";
import type { Limits } from "../limits.ts";
import { makeScenarioChoiceSchema } from "./request.ts";
import { makeTaskSchemas } from "./tasks.ts";

/** A JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Where the schema of this name is found in the document. */
export function componentRef(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** All of them, under these limits. */
export function makeComponents(
  limits: SpecLimits,
  taskLimits: Pick<Limits, "seedsMax" | "trialsMax">,
): Readonly<Record<string, JsonSchema>> {
  const spec = createSpecSchema(limits).describe(
    "An experiment: only specVersion must be written.",
  );
  const choice = makeScenarioChoiceSchema(createSeedsSchema(limits));
  const tasks = makeTaskSchemas(taskLimits, z.union([spec, choice]));
  const requests = {
    Spec: spec,
    ScenarioChoice: choice,
    ExperimentTask: tasks.experiment,
    SearchTask: tasks.search,
    ShrinkTask: tasks.shrink,
    CompareTask: tasks.compare,
  };
  return { ...toJson(requests, "input"), ...toJson(makeAnswerSchemas(limits), "output") };
}

function toJson(
  schemas: Readonly<Record<string, z.ZodType>>,
  io: "input" | "output",
): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: exported } = z.toJSONSchema(registry, {
    io,
    uri: (id) => componentRef(id).$ref,
    unrepresentable: "any",
  });
  return Object.fromEntries(Object.entries(exported).map(([id, schema]) => [id, bare(schema)]));
}

/** Without the two keywords that name a document of its own. */
function bare(schema: JsonSchema): JsonSchema {
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  return rest;
}
