/**
 * Looking at runs, and ending them: list, get, result, cancel, delete.
 */

import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { makeCursor, readCursor } from "../http/cursor.ts";
import { inputError, zodErrors } from "../http/zod-errors.ts";
import type { Limits } from "../limits.ts";
import { invalid, ProblemError } from "../problem.ts";
import { isFinished } from "../runs/run.ts";
import { type ListQuerySchema, makeListQuerySchema } from "../schema/request.ts";
import type { RunQuery } from "../store/store.ts";
import { type AppContext, type AppRoute, jsonAnswer, problemAnswers } from "./route.ts";

/** The path parameter of every route about one run. */
export const RUN_PARAMS = z.object({
  id: z.string().openapi({ param: { name: "id", in: "path" } }),
});

/** The id in the path. */
export function runIdOf(context: Context): string {
  return context.req.param("id") ?? "";
}

function makeListRoute(limits: Limits): AppRoute {
  const querySchema = makeListQuerySchema(limits);
  return {
    config: {
      method: "get",
      path: "/v1/runs",
      operationId: "listRuns",
      summary: "Runs, newest first",
      tags: ["runs"],
      request: { query: querySchema },
      responses: {
        200: jsonAnswer(
          "A page, shorter than `limit` where its runs are large; `nextCursor` is null on the last.",
          "RunPage",
        ),
        ...problemAnswers("invalid-request", "internal", "store-failed"),
      },
    },
    async handle(context, app) {
      const { items, last, more } = await readPage(app, readListQuery(context, querySchema));
      const cursor = more && last !== undefined ? makeCursor(last) : null;
      const body = `{"items":[${items.join(",")}],"nextCursor":${JSON.stringify(cursor)}}`;
      return context.body(body, 200, { "content-type": "application/json" });
    },
  };
}

interface PageOfRuns {
  /** JSON texts. */
  readonly items: readonly string[];
  readonly last: string | undefined;
  readonly more: boolean;
}

/** Run by run: some are megabytes, and a page of them would be more than anybody wants at once. */
async function readPage({ limits, runs }: AppContext, query: RunQuery): Promise<PageOfRuns> {
  const items: string[] = [];
  let room = limits.listBytesMax;
  let last: string | undefined;
  for (;;) {
    const from = last === undefined ? {} : { olderThan: last };
    const [run] = await runs.list({ ...query, ...from, limit: 1 });
    if (run === undefined) return { items, last, more: false };
    const text = JSON.stringify(run);
    room -= text.length;
    const isFull = items.length === query.limit || (items.length > 0 && room < 0);
    if (isFull) return { items, last, more: true };
    items.push(text);
    last = run.id;
  }
}

/** Every fault of the query at once, a parameter given twice included. */
function readListQuery(context: Context, querySchema: ListQuerySchema): RunQuery {
  const given = Object.entries(context.req.queries());
  const errors = given
    .filter(([, values]) => values.length > 1)
    .map(([name]) => inputError(name, "must be given once", "query"));
  const single = Object.fromEntries(given.map(([name, values]) => [name, values[0]]));
  const parsed = querySchema.safeParse(single);
  if (!parsed.success) errors.push(...zodErrors(parsed.error.issues, "query"));
  const olderThan = single["cursor"] === undefined ? undefined : readCursor(single["cursor"]);
  if (single["cursor"] !== undefined && olderThan === undefined) {
    errors.push(inputError("cursor", "must be the nextCursor of a page", "query"));
  }
  if (errors.length > 0 || !parsed.success) throw invalid(errors);
  const { status, limit } = parsed.data;
  return {
    limit,
    ...(status === undefined ? {} : { status }),
    ...(olderThan === undefined ? {} : { olderThan }),
  };
}

const get: AppRoute = {
  config: {
    method: "get",
    path: "/v1/runs/{id}",
    operationId: "getRun",
    summary: "A run",
    tags: ["runs"],
    request: { params: RUN_PARAMS },
    responses: {
      200: jsonAnswer("The run.", "Run"),
      ...problemAnswers("run-not-found", "internal", "store-failed"),
    },
  },
  handle: async (context, app) => context.json(await app.runs.require(runIdOf(context))),
};

const result: AppRoute = {
  config: {
    method: "get",
    path: "/v1/runs/{id}/result",
    operationId: "getResult",
    summary: "The result alone",
    tags: ["runs"],
    request: { params: RUN_PARAMS },
    responses: {
      200: jsonAnswer("The result, as the run's kind says.", "AnyResult"),
      ...problemAnswers("run-not-found", "no-result", "run-not-finished"),
      ...problemAnswers("internal", "store-failed"),
    },
  },
  async handle(context, app) {
    const run = await app.runs.require(runIdOf(context));
    if (!isFinished(run)) {
      throw new ProblemError("run-not-finished", `run ${run.id} is ${run.status}`);
    }
    if (run.result === null) {
      throw new ProblemError("no-result", `run ${run.id} ended as ${run.status} without a result`);
    }
    return context.json(run.result);
  },
};

const cancel: AppRoute = {
  config: {
    method: "post",
    path: "/v1/runs/{id}/cancel",
    operationId: "cancelRun",
    summary: "Stop a run",
    description:
      "A waiting run is cancelled at once; one in progress is told to stop and is `cancelled`, with its partial result, soon after.",
    tags: ["runs"],
    request: { params: RUN_PARAMS },
    responses: {
      202: jsonAnswer("It is, or will be, cancelled.", "Run"),
      ...problemAnswers("run-not-found", "run-finished", "internal", "store-failed"),
    },
  },
  handle: async (context, app) => context.json(await app.runs.cancel(runIdOf(context)), 202),
};

const remove: AppRoute = {
  config: {
    method: "delete",
    path: "/v1/runs/{id}",
    operationId: "deleteRun",
    summary: "Remove a run with its result and exchanges",
    description: "A run that has not finished is cancelled first; the answer waits for its end.",
    tags: ["runs"],
    request: { params: RUN_PARAMS },
    responses: {
      204: { description: "It is gone." },
      ...problemAnswers("run-not-found", "internal", "store-failed"),
    },
  },
  async handle(context, app) {
    await app.runs.remove(runIdOf(context));
    return context.body(null, 204);
  },
};

/** Routes about runs, apart from creating and streaming. */
export function makeRunRoutes(limits: Limits): readonly AppRoute[] {
  return [makeListRoute(limits), get, result, cancel, remove];
}
