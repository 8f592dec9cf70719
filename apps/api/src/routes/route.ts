/**
 * What a route is here: its lines in the OpenAPI document, and the function that answers.
 *
 * Both stand side by side in one value, so that a route cannot exist without its description.
 */

import type { RouteConfig } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppDeps } from "../app-deps.ts";
import type { Gate } from "../http/gate.ts";
import type { Observer } from "../observe/observer.ts";
import { PROBLEM_MEDIA_TYPE, type ProblemCode, PROBLEMS } from "../problem.ts";
import { componentRef } from "../schema/components.ts";

/** What handlers work with: the app's parts and its doors. */
export interface AppContext extends AppDeps {
  readonly observer: Observer;
  readonly waiters: Gate;
  readonly streams: Gate;
}

/** Answers a request. Refusals are thrown as `ProblemError`s. */
export type RouteHandler = (context: Context, app: AppContext) => Response | Promise<Response>;

/** A route with its description. */
export interface AppRoute {
  readonly config: RouteConfig;
  readonly handle: RouteHandler;
}

type Responses = RouteConfig["responses"];

/** A JSON answer of a named schema, for `responses`. */
export function jsonAnswer(
  description: string,
  schema: string,
  headers: Readonly<Record<string, string>> = {},
): Responses[string] {
  const content = { "application/json": { schema: componentRef(schema) } };
  return { description, headers: headerDocs(headers), content };
}

/** The refusals of a route, for `responses`: those of one status share an entry. */
export function problemAnswers(...codes: readonly ProblemCode[]): Responses {
  const lines = new Map<number, string[]>();
  for (const code of codes) {
    const { status, title } = PROBLEMS[code];
    lines.set(status, [...(lines.get(status) ?? []), `\`${code}\`: ${title}.`]);
  }
  const answers: Responses = {};
  for (const [status, described] of lines) {
    answers[status] = {
      description: described.join("\n\n"),
      headers: headerDocs(status === 429 ? { "Retry-After": "Seconds." } : {}),
      content: { [PROBLEM_MEDIA_TYPE]: { schema: componentRef("Problem") } },
    };
  }
  return answers;
}

function headerDocs(headers: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: "string" as const } },
    ]),
  );
}
