/**
 * `POST /v1/runs`: a spec or a scenario's name in, a run out, at once or when it has finished.
 */

import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { tokenIdOf } from "../guard/guard.ts";
import { bodyFingerprint } from "../http/canonical.ts";
import { readJsonBody } from "../http/json-body.ts";
import { preferredWaitSeconds } from "../http/prefer.ts";
import { inputError } from "../http/zod-errors.ts";
import { invalid } from "../problem.ts";
import { planTask } from "../runs/plan-task.ts";
import { isFinished, type Run } from "../runs/run.ts";
import { whenFinished } from "../runs/wait.ts";
import { componentRef } from "../schema/components.ts";
import type { Idempotency } from "../store/store.ts";
import { type AppContext, type AppRoute, jsonAnswer, problemAnswers } from "./route.ts";

const MS_PER_SECOND = 1000;

/** Printable ASCII without spaces at the ends. */
const KEY = /^[!-~](?:[ -~]*[!-~])?$/;

/** An experiment, or a question that takes many. */
const BODIES = [
  ...(["ScenarioChoice", "Spec", "ExperimentTask"] as const),
  ...(["SearchTask", "ShrinkTask", "CompareTask"] as const),
];

const HEADERS = {
  Location: "Where the run is found.",
  "Preference-Applied": "`wait=N`, where the wish was honoured.",
  "Idempotent-Replayed": "`true` where the key was used before and nothing was created.",
};

/** The route. */
export const createRunRoute: AppRoute = {
  config: {
    method: "post",
    path: "/v1/runs",
    operationId: "createRun",
    summary: "Start a run",
    description:
      "With `Prefer: wait=N` (RFC 7240) the answer waits up to N seconds for the run to end.",
    tags: ["runs"],
    request: {
      headers: z.object({
        prefer: z.string().optional().openapi({ example: "wait=20" }),
        "idempotency-key": z
          .string()
          .optional()
          .describe(
            "The same key with the same body gives the same run; with another body, 422. A key lives as long as its run.",
          ),
      }),
      body: {
        required: true,
        content: {
          "application/json": {
            schema: { oneOf: BODIES.map(componentRef) },
            example: { scenario: "corruption", transport: "udp", seed: 7 },
          },
        },
      },
    },
    responses: {
      200: jsonAnswer("The finished run (`Prefer: wait`).", "Run", HEADERS),
      202: jsonAnswer("The accepted run.", "Run", HEADERS),
      ...problemAnswers("malformed-json", "body-too-large", "unsupported-media-type"),
      ...problemAnswers("invalid-request", "idempotency-key-reused", "queue-full"),
      ...problemAnswers("internal", "store-failed", "shutting-down", "storage-full"),
    },
  },
  async handle(context, app) {
    const { method, path, raw } = context.req;
    const at = { method, path, token: tokenIdOf(context) };
    const body = await readJsonBody(raw, app.limits, (bytes) => app.observer.received(at, bytes));
    const idempotency = readIdempotency(context, app, body);
    const planned = planTask(body, app.limits);
    const { run, replayed } = await app.runs.create(planned, idempotency);
    context.header("location", `/v1/runs/${run.id}`);
    if (replayed) context.header("idempotent-replayed", "true");
    const waited = await waitIfPreferred(context, app, run);
    return context.json(waited.run, waited.finished ? 200 : 202);
  },
};

function readIdempotency(
  context: Context,
  app: AppContext,
  body: unknown,
): Idempotency | undefined {
  const key = context.req.header("idempotency-key");
  if (key === undefined) return undefined;
  const { idempotencyKeyCharsMax } = app.limits;
  if (!KEY.test(key) || key.length > idempotencyKeyCharsMax) {
    const rule = `must be 1 to ${idempotencyKeyCharsMax} printable ASCII characters`;
    throw invalid([inputError("idempotency-key", rule, "header")]);
  }
  return { key, bodyHash: bodyFingerprint(body) };
}

/** Holds the answer back as long as was wished, allowed and useful. */
async function waitIfPreferred(
  context: Context,
  app: AppContext,
  run: Run,
): Promise<{ run: Run; finished: boolean }> {
  const wished = preferredWaitSeconds(context.req.header("prefer"));
  const leave = wished === undefined ? undefined : app.waiters.enter();
  if (wished === undefined || leave === undefined) return { run, finished: false };
  const seconds = Math.min(wished, app.limits.waitSecondsMax);
  const enough = new AbortController();
  const disarm = app.clock.after(seconds * MS_PER_SECOND, () => enough.abort());
  try {
    await whenFinished(app.runs, run.id, AbortSignal.any([enough.signal, context.req.raw.signal]));
    const latest = (await app.runs.get(run.id)) ?? run;
    context.header("preference-applied", `wait=${seconds}`);
    return { run: latest, finished: isFinished(latest) };
  } finally {
    disarm();
    leave();
  }
}
