/**
 * The OpenAPI 3.1 document: routes from their descriptions, schemas from zod, limits from their
 * table.
 *
 * Made once per app, from the very values that the app works with, so it tells the limits that
 * are in force here and not the defaults.
 */

import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import { GUARD_CODES } from "./guard/guard.ts";
import { scopeOfMethod } from "./guard/scope.ts";
import { LIMIT_NAMES, limitEnvName, LIMITS, type Limits } from "./limits.ts";
import { PROBLEM_TYPE_PREFIX, PROBLEMS } from "./problem.ts";
import { problemAnswers } from "./routes/route.ts";
import { specLimits } from "./runs/plan.ts";
import { makeComponents } from "./schema/components.ts";

const INTRODUCTION = `
A laboratory for network faults. Describe an experiment, run it, read a result that another
person can replay from its seed.

Errors are RFC 9457 documents (\`application/problem+json\`); their \`type\` is
\`${PROBLEM_TYPE_PREFIX}CODE\`. Invalid input lists everything wrong with it in \`errors\`.
Unknown fields are errors.

## Tokens

On a loopback address the service is open until the first token is made. From then on, and always
beyond loopback, every request carries \`Authorization: Bearer TOKEN\`, these pages and the health
check included. Each scope includes those before it: \`read\` looks, \`run\` starts and cancels runs,
\`admin\` deletes. \`faultline token create\` makes tokens; no route does.
`;

const GUARD_ANSWERS = problemAnswers(...GUARD_CODES);

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
  described.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "Made by `faultline token create`, sent as `Authorization: Bearer TOKEN`.",
  });
  for (const route of [...routes, ...PAGES]) {
    described.openAPIRegistry.registerPath(guarded(route));
  }
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

/** What the guard may answer, whatever the route; and the scope it asks for. */
function guarded(route: RouteConfig): RouteConfig {
  const responses: RouteConfig["responses"] = { ...GUARD_ANSWERS };
  for (const [status, answer] of Object.entries(route.responses)) {
    const both = [answer, GUARD_ANSWERS[status] ?? {}].map((one) =>
      "description" in one ? one.description : undefined,
    );
    const description = both.filter((text) => text !== undefined).join("\n\n");
    responses[status] = { ...GUARD_ANSWERS[status], ...answer, description };
  }
  // `{}`: on loopback without tokens none is needed.
  return { ...route, responses, security: [{ token: [scopeOfMethod(route.method)] }, {}] };
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
