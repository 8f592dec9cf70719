/**
 * What a run has to tell, as streams: its events while it goes on, its exchanges line by line.
 */

import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { cutConnection } from "../app-deps.ts";
import { tokenIdOf } from "../guard/guard.ts";
import { END_EVENT_ID, EventFeed } from "../http/event-feed.ts";
import { makePullStream } from "../http/pull-stream.ts";
import { inputError } from "../http/zod-errors.ts";
import { invalid, ProblemError } from "../problem.ts";
import { componentRef } from "../schema/components.ts";
import { type AppContext, type AppRoute, problemAnswers } from "./route.ts";
import { RUN_PARAMS, runIdOf } from "./runs.ts";

/** Seconds after which a place among the streams may be free. */
const RETRY_AFTER_SECONDS = "5";

const EVENT_ID = /^\d{1,15}$/;

const events: AppRoute = {
  config: {
    method: "get",
    path: "/v1/runs/{id}/events",
    operationId: "streamEvents",
    summary: "Progress and exchanges as they happen",
    description: [
      "Server-sent events: `progress` `{ done, total, status }`, a snapshot; `exchange`, a line of",
      "`exchanges`, each exactly once and in order; `end` `{ id, status, verdict, error }`, the last (only an experiment has a verdict).",
      "`Last-Event-ID` resumes after that event, also after the run has ended.",
    ].join(" "),
    tags: ["streams"],
    request: {
      params: RUN_PARAMS,
      headers: z.object({ "last-event-id": z.string().optional() }),
    },
    responses: {
      200: {
        description: "The stream.",
        content: { "text/event-stream": { schema: { type: "string" } } },
      },
      204: { description: "`Last-Event-ID` was the end: there is nothing more, ever." },
      ...problemAnswers("run-not-found", "invalid-request", "too-many-streams"),
      ...problemAnswers("internal", "store-failed"),
    },
  },
  async handle(context, app) {
    const run = await app.runs.require(runIdOf(context));
    const lastEventId = context.req.header("last-event-id") ?? "0";
    if (lastEventId === END_EVENT_ID) return context.body(null, 204);
    if (!EVENT_ID.test(lastEventId)) {
      throw invalid([inputError("last-event-id", "must be the id of an event", "header")]);
    }
    context.header("content-type", "text/event-stream");
    // HEAD asks for the headers only: a stream opened for it would never be read.
    if (context.req.method === "HEAD") return context.body(null);
    return context.body(openEvents(context, app, run.id, Number(lastEventId)));
  },
};

function openEvents(
  context: Context,
  app: AppContext,
  runId: string,
  after: number,
): ReadableStream<Uint8Array> {
  const { runs, clock, limits } = app;
  const leave = app.streams.enter(tokenIdOf(context));
  if (leave === undefined) {
    const isFull = app.streams.inside >= limits.ssePeersMax;
    const detail = isFull
      ? `${limits.ssePeersMax} event streams are open (ssePeersMax)`
      : `${limits.ssePeersPerTokenMax} event streams of this token are open (ssePeersPerTokenMax)`;
    throw new ProblemError("too-many-streams", detail, {
      headers: { "retry-after": RETRY_AFTER_SECONDS },
    });
  }
  const feed = new EventFeed({ runs, clock, runId, after, batchMax: limits.eventBatchMax });
  return makePullStream({
    next: () => feed.next(),
    close() {
      feed.close();
      leave();
    },
    cut: () => cutConnection(context),
    onFailure: app.onFailure,
    clock,
    stallMsMax: limits.eventStallMsMax,
  });
}

const exchanges: AppRoute = {
  config: {
    method: "get",
    path: "/v1/runs/{id}/exchanges",
    operationId: "getExchanges",
    summary: "Every message with all its attempts",
    description:
      "One JSON document a line, in the order in which the messages were settled; while the run goes on, those settled so far.",
    tags: ["streams"],
    request: { params: RUN_PARAMS },
    responses: {
      200: {
        description: "The lines.",
        content: { "application/x-ndjson": { schema: componentRef("Exchange") } },
      },
      ...problemAnswers("run-not-found", "internal", "store-failed"),
    },
  },
  async handle(context, app) {
    const run = await app.runs.require(runIdOf(context));
    context.header("content-type", "application/x-ndjson");
    if (context.req.method === "HEAD") return context.body(null);
    return context.body(openExchanges(context, app, run.id));
  },
};

function openExchanges(
  context: Context,
  app: AppContext,
  runId: string,
): ReadableStream<Uint8Array> {
  const { runs, clock, limits } = app;
  let after = 0;
  return makePullStream({
    async next() {
      const page = await runs.readExchanges(runId, after, limits.eventBatchMax);
      after = page.next;
      return page.lines.length === 0 ? undefined : `${page.lines.join("\n")}\n`;
    },
    close() {},
    cut: () => cutConnection(context),
    onFailure: app.onFailure,
    clock,
    stallMsMax: limits.eventStallMsMax,
  });
}

/** The two streams of a run. */
export const streamRoutes: readonly AppRoute[] = [events, exchanges];
