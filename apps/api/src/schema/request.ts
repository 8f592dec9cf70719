/**
 * What requests may say besides a spec, as zod schemas: they validate, and they are what the
 * OpenAPI document shows. The spec's own schema is the experiment's.
 */

import { z } from "@hono/zod-openapi";
import type { Limits } from "../limits.ts";
import { RUN_STATUSES } from "../runs/run.ts";

/**
 * `{ "scenario": … }`, the short form of `POST /v1/runs`.
 *
 * @param seeds its schema for the document; left out, the spec that comes of the choice is what
 * tells of wrong seeds
 */
export function makeScenarioChoiceSchema(seeds: z.ZodType = z.unknown()): z.ZodType {
  return z
    .strictObject({
      scenario: z.string("must be the name of a scenario").describe("Its name."),
      transport: z
        .enum(["tcp", "udp", "tls"], "must be one of tcp, udp, tls")
        .optional()
        .describe("Default: the scenario's first."),
      seed: z
        .int("must be an integer from 0 to 2^53-1")
        .min(0, "must be an integer from 0 to 2^53-1")
        .optional(),
      seeds: seeds.optional().describe("As in a spec; a range without base begins at seed."),
      mode: z.enum(["real", "simulated"], "must be one of real, simulated").optional(),
      capture: z.boolean("must be true or false").optional().describe("As in a spec."),
    })
    .describe("A built-in scenario, with what you want otherwise.");
}

/** The query of `GET /v1/runs` under these limits. */
export function makeListQuerySchema(limits: Pick<Limits, "listLimitDefault" | "listLimitMax">) {
  const rule = `must be an integer from 1 to ${limits.listLimitMax}`;
  return z.strictObject({
    status: z
      .enum(RUN_STATUSES, `must be one of ${RUN_STATUSES.join(", ")}`)
      .optional()
      .describe("Only runs with this status."),
    limit: z
      .string()
      .regex(/^[1-9]\d{0,8}$/, rule)
      .transform(Number)
      .pipe(z.int().max(limits.listLimitMax, rule))
      .default(limits.listLimitDefault)
      .openapi({ type: "integer", minimum: 1, maximum: limits.listLimitMax })
      .describe("Runs on a page."),
    cursor: z.string().optional().describe("`nextCursor` of the page before."),
  });
}

/** What `makeListQuerySchema` gives. */
export type ListQuerySchema = ReturnType<typeof makeListQuerySchema>;
