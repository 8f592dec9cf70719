/**
 * The OpenAPI 3.1 document: routes from their descriptions, schemas from zod, limits from their
 * table.
 *
 * Made once per app, from the very values that the app works with, so it tells the limits that
 * are in force here and not the defaults.
 */

import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import { LIMIT_NAMES, limitEnvName, LIMITS, type Limits } from "./limits.ts";
import { PROBLEM_TYPE_PREFIX, PROBLEMS } from "./problem.ts";
import { specLimits } from "./runs/plan.ts";
import { makeComponents } from "./schema/components.ts";

const INTRODUCTION = `
A laboratory for network faults. Describe an experiment, run it, read a result that another
person can replay from its seed.

Errors are RFC 9457 documents (\`application/problem+json\`); their \`type\` is
\`${PROBLEM_TYPE_PREFIX}CODE\`. Invalid input lists everything wrong with it in \`errors\`.
Unknown fields are errors.
`;

/** Paths that describe the service, for its readers; answered in app.ts. */
const PAGES: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/openapi.json",
    operationId: "getOpenApi",
    summary: "This document",
    tags: ["service"],
    responses: {
      200: {
        description: "OpenAPI 3.1.",
        content: { "application/json": { schema: { type: "object" } } },
      },
    },
  },
  {
    method: "get",
    path: "/docs",
    operationId: "getDocs",
    summary: "This document as a page",
    tags: ["service"],
    responses: {
      200: {
        description: "The page; it loads nothing from elsewhere.",
        content: { "text/html": { schema: { type: "string" } } },
      },
    },
  },
];

/** The document as plain data. */
export function makeOpenApiDocument(
  routes: readonly RouteConfig[],
  limits: Limits,
  version: string,
): object {
  const described = new OpenAPIHono();
  for (const [name, schema] of Object.entries(makeComponents(specLimits(limits), limits))) {
    described.openAPIRegistry.registerComponent("schemas", name, schema);
  }
  for (const route of [...routes, ...PAGES]) described.openAPIRegistry.registerPath(route);
  return described.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Faultline",
      version,
      description: [INTRODUCTION, limitLines(limits), problemLines()].join("\n"),
      license: { name: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: [
      { name: "runs", description: "Start, look at, stop and remove runs." },
      { name: "streams", description: "What a run has to tell." },
      { name: "service", description: "The service itself." },
    ],
    "x-limits": limitList(limits),
  });
}

function limitList(limits: Limits): readonly object[] {
  return LIMIT_NAMES.map((name) => {
    const { default: byDefault, min, max, description } = LIMITS[name];
    const env = limitEnvName(name);
    return { name, value: limits[name], default: byDefault, min, max, env, description };
  });
}

function limitLines(limits: Limits): string {
  const lines = LIMIT_NAMES.map((name) => {
    const { default: byDefault, description } = LIMITS[name];
    const value = limits[name] === byDefault ? "" : `, ${byDefault} by default`;
    return `- \`${name}\`: **${limits[name]}**${value}. ${description}`;
  });
  return ["## Limits", "", ...lines, ""].join("\n");
}

function problemLines(): string {
  const lines = Object.entries(PROBLEMS).map(
    ([code, { status, title }]) => `- \`${code}\` (${status}): ${title}.`,
  );
  return ["## Problems", "", ...lines, ""].join("\n");
}
