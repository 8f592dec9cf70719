/**
 * The door of the service: everything that is refused before a route is looked for.
 *
 *   Host -> Origin -> token -> scope -> rate -> the routes
 *
 * Unknown paths come by here too, so that a stranger learns nothing from the difference between
 * 401 and 404. On a loopback address without tokens the door stands open, as a laboratory on
 * one's own machine should; once a token was seen it stays closed, whatever happens to the file.
 */

import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";
import { type ProblemCode, ProblemError } from "../problem.ts";
import { hostOf, isOwnName } from "./host.ts";
import { RateLimiter } from "./rate.ts";
import { allows, type Scope, scopeOfMethod } from "./scope.ts";
import { fixedTokens, type TokenBook } from "./token-book.ts";
import { checkToken, type TokenRecord } from "./token.ts";

/** What the door refuses with. */
export const GUARD_CODES = [
  ...(["unauthenticated", "scope-missing", "origin-not-allowed"] as const),
  ...(["host-not-allowed", "rate-limited"] as const),
] satisfies readonly ProblemCode[];

/** Where the token's id stands for those behind the door. */
const TOKEN_ID = "tokenId";

/** The id of the token that a request came with; undefined where none was needed. */
export function tokenIdOf(context: Context): string | undefined {
  return context.get(TOKEN_ID);
}

/** How the door is set. */
export interface GuardOptions {
  readonly tokens: TokenBook;
  /** Whether tokens are asked for although there may be none: beyond loopback, or by wish. */
  readonly required: boolean;
  /** Whether only loopback's names, and `hosts`, are answered to. */
  readonly checkHost: boolean;
  /** More names, lower case, without ports. */
  readonly hosts: readonly string[];
  /** Origins whose pages may use this service from a browser, `https://lab.example` for example. */
  readonly origins: readonly string[];
}

/** Open to every program of this machine, closed to the pages of others. */
export const OPEN_ON_LOOPBACK: GuardOptions = {
  tokens: fixedTokens([]),
  required: false,
  checkHost: true,
  hosts: [],
  origins: [],
};

/** Makes the doorkeeper; one for each app. */
export function makeGuard(
  options: GuardOptions,
  clock: Clock,
  limits: Pick<Limits, "requestsPerSecondMax" | "requestBurstMax">,
): readonly MiddlewareHandler[] {
  const rate = new RateLimiter(clock, limits);
  let required = options.required;
  let known: ReadonlyMap<string, TokenRecord> | undefined;
  const admit: MiddlewareHandler = async (context, next) => {
    const records = options.tokens.records();
    required ||= records.size > 0;
    if (required) {
      if (records !== known) rate.retain(records);
      known = records;
      const token = identify(context, records, clock.nowMs());
      context.set(TOKEN_ID, token.id);
      authorize(context, token);
      pace(rate, token);
    }
    await next();
  };
  return [
    async (context, next) => {
      checkHost(context, options);
      checkOrigin(context, options.origins);
      await next();
    },
    ...(options.origins.length === 0 ? [] : [openTo(options.origins)]),
    admit,
  ];
}

function checkHost(context: Context, { checkHost: isChecked, hosts }: GuardOptions): void {
  if (!isChecked && hosts.length === 0) return;
  const named = [new URL(context.req.url).host, context.req.header("host")];
  const wrong = named.find((name) => name !== undefined && !isOurs(name, { isChecked, hosts }));
  if (wrong === undefined) return;
  throw new ProblemError(
    "host-not-allowed",
    "this service does not answer to the name in Host; FAULTLINE_HOSTS adds names",
  );
}

function isOurs(
  name: string,
  { isChecked, hosts }: { readonly isChecked: boolean; readonly hosts: readonly string[] },
): boolean {
  const host = hostOf(name);
  return isChecked ? isOwnName(host, hosts) : hosts.includes(host);
}

/**
 * Browsers say where a page is from; a program has no `Origin` and need not have one. What a page loads
 * as an image or a script has none either, but says that it comes from elsewhere (Fetch Metadata).
 */
function checkOrigin(context: Context, origins: readonly string[]): void {
  const origin = context.req.header("origin");
  if (origin === undefined ? !isLoadedFromElsewhere(context) : origins.includes(origin)) return;
  const own = new URL(context.req.url).host;
  if (origin !== undefined && URL.canParse(origin) && new URL(origin).host === own) return;
  throw new ProblemError(
    "origin-not-allowed",
    "pages of another origin are not let in; FAULTLINE_ORIGINS lists those that are",
  );
}

/** Following a link is no loading: the page that it leads to is ours. */
function isLoadedFromElsewhere(context: Context): boolean {
  const site = context.req.header("sec-fetch-site") ?? "none";
  const mode = context.req.header("sec-fetch-mode");
  return site !== "none" && site !== "same-origin" && mode !== "navigate";
}

function openTo(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: [...origins],
    allowMethods: ["GET", "HEAD", "POST", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "Prefer"],
    exposeHeaders: ["Location", "Retry-After", "WWW-Authenticate", "Preference-Applied"],
    maxAge: 600,
  });
}

const CHALLENGE = 'Bearer realm="faultline"';

function identify(
  context: Context,
  records: ReadonlyMap<string, TokenRecord>,
  nowMs: number,
): TokenRecord {
  const header = context.req.header("authorization") ?? "";
  const text = /^Bearer +(\S+) *$/i.exec(header)?.[1];
  // RFC 6750 §3.1: who brought no token is told what to bring, and of no error.
  if (text === undefined) throw unauthenticated("a bearer token is needed", CHALLENGE);
  const check = checkToken(text, records, nowMs);
  if (check.kind === "good") return check.record;
  const detail = check.kind === "expired" ? "the token has expired" : "the token is not valid";
  const challenge = `${CHALLENGE}, error="invalid_token", error_description="${detail}"`;
  throw unauthenticated(detail, challenge);
}

function unauthenticated(detail: string, challenge: string): ProblemError {
  return new ProblemError("unauthenticated", detail, {
    headers: { "www-authenticate": challenge },
  });
}

function authorize(context: Context, token: TokenRecord): void {
  const needed: Scope = scopeOfMethod(context.req.method);
  if (allows(token.scopes, needed)) return;
  const challenge = `${CHALLENGE}, error="insufficient_scope", scope="${needed}"`;
  throw new ProblemError(
    "scope-missing",
    `this takes a token with the scope ${needed}: this one has ${token.scopes.join(", ")}`,
    { headers: { "www-authenticate": challenge } },
  );
}

function pace(rate: RateLimiter, token: TokenRecord): void {
  const seconds = rate.take(token.id);
  if (seconds === 0) return;
  throw new ProblemError(
    "rate-limited",
    `token ${token.id} has asked too often (requestsPerSecondMax, requestBurstMax)`,
    { headers: { "retry-after": String(seconds) } },
  );
}
