/**
 * The HTTP application: routes, the error table, nothing else.
 *
 * It reads no environment, opens no port and keeps no state of its own, so a test drives it with
 * `app.request()`. Whatever a handler throws ends in `toAnswer`, the one place that turns errors
 * into answers.
 */

import { Hono, type MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import type { AppDeps } from "./app-deps.ts";
import { GUARD_CODES, makeGuard, OPEN_ON_LOOPBACK, tokenIdOf } from "./guard/guard.ts";
import { Gate } from "./http/gate.ts";
import { makeMethodTable } from "./http/methods.ts";
import { SILENT } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { Observer } from "./observe/observer.ts";
import { makeOpenApiDocument } from "./openapi.ts";
import { ProblemError, problemResponse } from "./problem.ts";
import { aboutRoutes } from "./routes/about.ts";
import { captureRoute } from "./routes/capture.ts";
import { createRunRoute } from "./routes/create-run.ts";
import { DOCS_SCRIPT_PATH, docsPage, docsScript } from "./routes/docs.ts";
import { metricsRoute } from "./routes/metrics.ts";
import type { AppContext } from "./routes/route.ts";
import { makeRunRoutes } from "./routes/runs.ts";
import { streamRoutes } from "./routes/streams.ts";
import { storeProblemError } from "./store/store-problem.ts";
import { StoreError } from "./store/store.ts";

/** Paths beside the described routes; all answer to GET. */
const PAGES = ["/openapi.json", "/docs", DOCS_SCRIPT_PATH];

/** On every answer; a page that brings its own policy keeps it. TLS, and so HSTS, is not ours. */
const headers = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  strictTransportSecurity: false,
  xFrameOptions: "DENY",
  overwrite: false,
});

/** Builds the app. */
export function createApp(deps: AppDeps): Hono {
  const { clock, limits, version } = deps;
  const app = makeContext(deps);
  const service = [...aboutRoutes, metricsRoute];
  const streams = [...streamRoutes, captureRoute];
  const routes = [...service, createRunRoute, ...makeRunRoutes(limits), ...streams];
  const configs = routes.map(({ config }) => config);
  const methodsOf = makeMethodTable([
    ...configs,
    ...PAGES.map((path) => ({ method: "get", path })),
  ]);

  const hono = new Hono();
  hono.use(watch(app), headers);
  hono.use(...makeGuard(deps.guard ?? OPEN_ON_LOOPBACK, clock, limits));
  for (const { config, handle } of routes) {
    const path = config.path.replaceAll(/\{(\w+)\}/g, ":$1");
    hono.on(config.method.toUpperCase(), path, (context) => handle(context, app));
  }
  // Made when first asked for: a start should not wait for it.
  let document: string | undefined;
  hono.get("/openapi.json", (context) => {
    document ??= JSON.stringify(makeOpenApiDocument(configs, limits, version));
    return context.body(document, 200, { "content-type": "application/json" });
  });
  hono.get("/docs", docsPage);
  hono.get(DOCS_SCRIPT_PATH, docsScript(deps));
  hono.notFound((context) => noHandler(context.req.method, context.req.path, methodsOf));
  hono.onError((error) => {
    const answer = toAnswer(error, deps.onFailure);
    if (error instanceof ProblemError && GUARD_CODES.some((code) => code === error.code)) {
      app.observer.refused(error.code, answer.status);
    }
    return answer;
  });
  return hono;
}

function makeContext(deps: AppDeps): AppContext {
  const { clock, limits } = deps;
  const observer = deps.observer ?? new Observer({ log: SILENT, metrics: new Metrics(), clock });
  const waiters = new Gate(limits.waitersMax);
  const streams = new Gate(limits.ssePeersMax, limits.ssePeersPerTokenMax);
  const { metrics } = observer;
  const gauges: readonly [name: string, help: string, read: () => number][] = [
    ["faultline_runs_queued", "Runs waiting for their turn.", () => deps.runs.load.queued],
    ["faultline_runs_running", "Runs in progress.", () => deps.runs.load.running],
    ["faultline_event_streams_open", "Event streams open.", () => streams.inside],
    ["faultline_waiters", "Requests held open by Prefer: wait.", () => waiters.inside],
  ];
  for (const [name, help, read] of gauges) metrics.gauge(name, help, read);
  return { ...deps, observer, waiters, streams };
}

/** Around everything else: what every answer carries, and that it was given. */
function watch({ clock, observer }: AppContext): MiddlewareHandler {
  return async (context, next) => {
    const startMs = clock.nowMs();
    await next();
    if (!context.res.headers.has("cache-control")) {
      context.res.headers.set("cache-control", "no-store");
    }
    const { method, path } = context.req;
    const { status } = context.res;
    const ms = Math.max(0, clock.nowMs() - startMs);
    observer.answered({ method, path, status, ms, token: tokenIdOf(context) });
  };
}

/** A path nobody knows, a method it does not answer to, or the question which ones it does. */
function noHandler(
  method: string,
  path: string,
  methodsOf: (path: string) => readonly string[],
): Response {
  const methods = methodsOf(path);
  const allow = methods.join(", ");
  if (methods.length === 0) {
    return problemResponse(new ProblemError("route-not-found", `there is nothing at ${path}`));
  }
  if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
  return problemResponse(
    new ProblemError("method-not-allowed", `${path} answers to ${allow}: got ${method}`, {
      headers: { allow },
    }),
  );
}

/** Any error as an answer. What is not meant for the caller is told to the operator instead. */
export function toAnswer(error: unknown, onFailure: (error: unknown) => void): Response {
  if (error instanceof ProblemError) return problemResponse(error);
  onFailure(error);
  if (error instanceof StoreError) return problemResponse(storeProblemError(error));
  if (error instanceof HTTPException && error.status < 500) {
    return problemResponse(new ProblemError("malformed-request", "the request cannot be read"));
  }
  return problemResponse(
    new ProblemError("internal", "the request could not be answered; the service's log says why"),
  );
}
