/**
 * The reference page at `/docs`, with everything it needs from this server.
 *
 * The page is Scalar's; its script comes from the installed package. The content security policy
 * lets the browser load nothing from elsewhere, so the page works, and stays quiet, on a machine
 * without a network.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Scalar } from "@scalar/hono-api-reference";
import type { Handler } from "hono";
import { type AppDeps, cutConnection } from "../app-deps.ts";
import { makePullStream } from "../http/pull-stream.ts";

/** Where the page's script is served. */
export const DOCS_SCRIPT_PATH = "/docs/scalar.js";

/** Inline script and styles are the page's own; the rest of its origin list is this server. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const page = Scalar({
  url: "/openapi.json",
  cdn: DOCS_SCRIPT_PATH,
  pageTitle: "Faultline API",
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
});

/** Answers with the page. */
export const docsPage: Handler = (context, next) => {
  context.header("content-security-policy", CONTENT_SECURITY_POLICY);
  return page(context, next);
};

/** It goes out in pieces of so many bytes, as it is read: megabytes would wait in memory otherwise. */
const PIECE_BYTES = 65_536;

let script: Uint8Array | undefined;

/** Answers with the page's script, read from disk once. */
export function docsScript({ clock, limits, onFailure }: AppDeps): Handler {
  return (context) => {
    const bytes = (script ??= readFileSync(scriptFile()));
    context.header("content-type", "text/javascript; charset=utf-8");
    context.header("content-length", String(bytes.length));
    context.header("cache-control", "public, max-age=3600");
    if (context.req.method === "HEAD") return context.body(null);
    let at = 0;
    const body = makePullStream({
      async next() {
        const piece = bytes.slice(at, (at += PIECE_BYTES));
        return piece.length === 0 ? undefined : piece;
      },
      close() {},
      cut: () => cutConnection(context),
      onFailure,
      clock,
      stallMsMax: limits.answerStallMsMax,
    });
    return context.body(body);
  };
}

/** The package exports only its module build; the browser's single file lies beside it. */
function scriptFile(): string {
  const entry = createRequire(import.meta.url).resolve("@scalar/api-reference");
  return join(entry, "..", "browser", "standalone.js");
}
