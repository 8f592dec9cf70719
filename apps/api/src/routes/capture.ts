/**
 * The capture of a run, as the file it is: whole, or visibly not.
 *
 * Its size is said before its first byte, and where the run is removed meanwhile the connection is cut:
 * any part of a capture can be read, so nobody would notice what is missing.
 */

import type { Context } from "hono";
import { cutConnection } from "../app-deps.ts";
import { makePullStream } from "../http/pull-stream.ts";
import { ProblemError } from "../problem.ts";
import { isFinished } from "../runs/run.ts";
import { type AppContext, type AppRoute, problemAnswers } from "./route.ts";
import { RUN_PARAMS, runIdOf } from "./runs.ts";

/** What pcapng files are commonly sent as; none is registered. */
const MEDIA_TYPE = "application/x-pcapng";

/** `GET /v1/runs/{id}/capture.pcapng`. */
export const captureRoute: AppRoute = {
  config: {
    method: "get",
    path: "/v1/runs/{id}/capture.pcapng",
    operationId: "getCapture",
    summary: "What the run's wires carried, packet by packet",
    description:
      "A pcapng file for Wireshark and its kin, of a run whose spec has `capture: true`. Kept, and removed, with the run.",
    tags: ["streams"],
    request: { params: RUN_PARAMS },
    responses: {
      200: {
        description: "The file.",
        content: { [MEDIA_TYPE]: { schema: { type: "string", format: "binary" } } },
      },
      ...problemAnswers("run-not-found", "no-capture", "run-not-finished"),
      ...problemAnswers("internal", "store-failed"),
    },
  },
  async handle(context, app) {
    const run = await app.runs.require(runIdOf(context));
    if (!isFinished(run)) {
      throw new ProblemError("run-not-finished", `run ${run.id} is ${run.status}`);
    }
    const bytes = await app.runs.captures.captureBytes(run.id);
    if (bytes === 0) {
      const why = run.spec.capture
        ? "it ended before there was one"
        : "its spec has no capture: true";
      throw new ProblemError("no-capture", `run ${run.id} has no capture: ${why}`);
    }
    context.header("content-type", MEDIA_TYPE);
    context.header("content-disposition", `attachment; filename="${run.id}.pcapng"`);
    context.header("content-length", `${bytes}`);
    if (context.req.method === "HEAD") return context.body(null);
    return context.body(openCapture(context, app, { id: run.id, bytes }));
  },
};

interface StoredCapture {
  readonly id: string;
  readonly bytes: number;
}

function openCapture(
  context: Context,
  app: AppContext,
  { id, bytes }: StoredCapture,
): ReadableStream<Uint8Array> {
  const { runs, clock, limits } = app;
  let piece = 0;
  let left = bytes;
  return makePullStream({
    async next() {
      const next = await runs.captures.readCapture(id, piece++);
      left -= next?.length ?? 0;
      if (next === undefined && left > 0) cutConnection(context);
      return next;
    },
    close() {},
    cut: () => cutConnection(context),
    onFailure: app.onFailure,
    clock,
    stallMsMax: limits.eventStallMsMax,
  });
}
