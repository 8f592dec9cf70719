/** The door: every route times every kind of token that must not pass, and those that must. */

import { describe, expect, test } from "vitest";
import { type GuardOptions, OPEN_ON_LOOPBACK } from "../src/guard/guard.ts";
import { type Scope, SCOPES } from "../src/guard/scope.ts";
import { fixedTokens } from "../src/guard/token-book.ts";
import { TokenError } from "../src/guard/token-file.ts";
import { makeToken, type NewToken } from "../src/guard/token.ts";
import type { Limits } from "../src/limits.ts";
import { type Bench, makeBench } from "./support/bench.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
let drawn = 0;
const random = (count: number): Uint8Array => new Uint8Array(count).fill((drawn += 1));
const make = (scopes: readonly Scope[], days?: number): NewToken =>
  makeToken({ name: "t", scopes, nowMs: NOW_MS, ...(days === undefined ? {} : { days }) }, random);

const TOKENS: Record<Scope, NewToken> = {
  read: make(["read"]),
  run: make(["run"]),
  admin: make(["admin"]),
};
const EXPIRED = make(["admin"], 1);
const REVOKED = make(["admin"]);
const IN_FORCE = [...Object.values(TOKENS), EXPIRED].map(({ record }) => record);

function guarded(overrides: Partial<GuardOptions> = {}, limits: Partial<Limits> = {}) {
  const tokens = fixedTokens(IN_FORCE);
  const options = { ...OPEN_ON_LOOPBACK, required: true, tokens, ...overrides };
  return makeBench(limits, undefined, options);
}

const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` });

type Routes = Record<string, Record<string, { security?: Record<string, Scope[]>[] }>>;

/** Every operation of the document, and what is beside it. */
async function operations(bench: Bench): Promise<{ method: string; path: string; scope: Scope }[]> {
  const response = await bench.app.request("/openapi.json", {
    headers: bearer(TOKENS.read.text),
  });
  const { paths } = (await response.json()) as { paths: Routes };
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path: path.replace("{id}", `run_${"0".repeat(32)}`),
      scope: security?.[0]?.["token"]?.[0] ?? ("undescribed" as Scope),
    })),
  );
  return [
    ...described,
    { method: "GET", path: "/docs/scalar.js", scope: "read" },
    { method: "GET", path: "/nowhere", scope: "read" },
    { method: "PATCH", path: "/v1/runs", scope: "run" },
    { method: "HEAD", path: "/v1/health", scope: "read" },
    { method: "OPTIONS", path: "/v1/runs", scope: "read" },
  ];
}

const EXPIRED_AT_MS = 2 * 86_400_000;

const REFUSED: readonly [name: string, headers: Record<string, string>, error: string][] = [
  ["no token", {}, ""],
  ["an empty header", { authorization: "" }, ""],
  ["another scheme", { authorization: "Basic dXNlcjpwYXNz" }, ""],
  ["a scheme alone", { authorization: "Bearer" }, ""],
  ["two words", { authorization: `Bearer ${TOKENS.admin.text} x` }, ""],
  ["a text that is no token", bearer("secret"), "the token is not valid"],
  ["the prototype's names", bearer("__proto__"), "the token is not valid"],
  ["a revoked token", bearer(REVOKED.text), "the token is not valid"],
  ["a token cut short", bearer(TOKENS.admin.text.slice(0, -1)), "the token is not valid"],
  [
    "a known id with another secret",
    bearer(`${TOKENS.admin.text.slice(0, 21)}${"A".repeat(43)}`),
    "the token is not valid",
  ],
  ["the digest itself", bearer(TOKENS.admin.record.sha256), "the token is not valid"],
  ["a token of 4 KiB", bearer("x".repeat(4096)), "the token is not valid"],
  ["an expired token", bearer(EXPIRED.text), "the token has expired"],
];

describe("every route refuses", () => {
  test.each(REFUSED)("%s with 401 and a challenge", async (_, headers, error) => {
    const bench = await guarded();
    const routes = await operations(bench);
    bench.clock.advance(EXPIRED_AT_MS);
    expect(routes.length).toBeGreaterThan(12);
    for (const { method, path } of routes) {
      const response = await bench.app.request(path, { method, headers });
      expect([method, path, response.status]).toEqual([method, path, 401]);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      const challenge = response.headers.get("www-authenticate") ?? "";
      expect(challenge).toMatch(/^Bearer realm="faultline"/);
      expect(challenge.includes("error=")).toBe(error !== "");
      if (method !== "HEAD") {
        expect(await response.json()).toMatchObject({
          type: "urn:faultline:problem:unauthenticated",
          status: 401,
          detail: error === "" ? "a bearer token is needed" : error,
        });
      }
    }
  });

  test("a token of a lower scope with 403, and tells which it takes", async () => {
    const bench = await guarded();
    let refusals = 0;
    for (const { method, path, scope } of await operations(bench)) {
      expect(SCOPES).toContain(scope);
      for (const lower of SCOPES.slice(0, SCOPES.indexOf(scope))) {
        const headers = bearer(TOKENS[lower].text);
        const response = await bench.app.request(path, { method, headers });
        expect([method, path, response.status]).toEqual([method, path, 403]);
        expect(response.headers.get("content-type")).toBe("application/problem+json");
        expect(response.headers.get("www-authenticate")).toContain(
          `error="insufficient_scope", scope="${scope}"`,
        );
        refusals += 1;
      }
    }
    expect(refusals).toBeGreaterThan(3);
  });

  test("nobody whose scope reaches far enough", async () => {
    const bench = await guarded();
    for (const { method, path, scope } of await operations(bench)) {
      for (const enough of SCOPES.slice(SCOPES.indexOf(scope))) {
        const headers = bearer(TOKENS[enough].text);
        const { status } = await bench.app.request(path, { method, headers });
        expect([200, 204, 404, 405, 415], `${method} ${path} ${enough}`).toContain(status);
      }
    }
  });
});

describe("the open door", () => {
  test("on loopback without tokens every route may be used", async () => {
    const bench = await makeBench();
    expect((await bench.app.request("/v1/health")).status).toBe(200);
  });

  test("closes with the first token, and does not open again when the last one goes", async () => {
    let records = new Map();
    const tokens = { records: () => records };
    const bench = await makeBench({}, undefined, { ...OPEN_ON_LOOPBACK, tokens });
    const status = async (): Promise<number> => (await bench.app.request("/v1/runs")).status;
    expect(await status()).toBe(200);
    records = new Map([[TOKENS.read.record.id, TOKENS.read.record]]);
    expect(await status()).toBe(401);
    records = new Map();
    expect(await status()).toBe(401);
  });

  test("stays closed when the tokens cannot be read, and the operator is told", async () => {
    const bench = await guarded({
      tokens: {
        records: () => {
          throw new TokenError("unreadable", "Cannot read it");
        },
      },
    });
    const response = await bench.app.request("/v1/runs", { headers: bearer(TOKENS.admin.text) });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("Cannot read it");
    expect(bench.failures).toHaveLength(1);
  });
});

describe("a token that asks too often", () => {
  const limits = { requestsPerSecondMax: 2, requestBurstMax: 3 };

  test("gets 429 and the seconds to wait, others are not disturbed, and waiting helps", async () => {
    const bench = await guarded({}, limits);
    const ask = (token: NewToken): Response | Promise<Response> =>
      bench.app.request("/v1/health", { headers: bearer(token.text) });
    for (let at = 0; at < 3; at += 1) expect((await ask(TOKENS.read)).status).toBe(200);
    const refused = await ask(TOKENS.read);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await refused.json()).toMatchObject({ type: "urn:faultline:problem:rate-limited" });
    expect((await ask(TOKENS.run)).status).toBe(200);
    bench.clock.advance(500);
    expect((await ask(TOKENS.read)).status).toBe(200);
    expect((await ask(TOKENS.read)).status).toBe(429);
    bench.clock.advance(60_000);
    for (let at = 0; at < 3; at += 1) expect((await ask(TOKENS.read)).status).toBe(200);
    expect((await ask(TOKENS.read)).status).toBe(429);
  });

  test("is not locked out for longer when the clock is set back", async () => {
    const bench = await guarded({}, limits);
    const ask = async (): Promise<number> =>
      (await bench.app.request("/v1/health", { headers: bearer(TOKENS.read.text) })).status;
    for (let at = 0; at < 4; at += 1) await ask();
    bench.clock.advance(-3_600_000);
    expect(await ask()).toBe(200);
  });
});

describe("names and origins", () => {
  const host = (name: string) => ({ headers: { host: name } });

  test.each([
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "192.168.0.1",
    "[::2]:80",
    "",
    "a b",
    "@127.0.0.1",
    "127.0.0.1@evil.example",
  ])("a request to loopback under the name %j is refused (421)", async (name) => {
    const bench = await makeBench();
    const response = await bench.app.request("/v1/health", host(name));
    expect(response.status).toBe(421);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  test.each([
    "localhost",
    "LOCALHOST:80",
    "127.0.0.1:8080",
    "127.9.9.9",
    "[::1]:8080",
    "lab.localhost",
  ])("%s is a name of loopback", async (name) => {
    const bench = await makeBench();
    expect((await bench.app.request("/v1/health", host(name))).status).toBe(200);
  });

  test("the name in an absolute request target is looked at as well", async () => {
    const bench = await makeBench();
    const response = await bench.app.request("http://evil.example/v1/health", host("localhost"));
    expect(response.status).toBe(421);
  });

  test("a name that was added is answered to; beyond loopback any is unless some are listed", async () => {
    const listed = await makeBench({}, undefined, { ...OPEN_ON_LOOPBACK, hosts: ["lab.example"] });
    const at = async (bench: Bench, name: string): Promise<number> =>
      (await bench.app.request(`http://${name}/v1/health`, host(name))).status;
    expect(await at(listed, "lab.example")).toBe(200);
    expect(await at(listed, "other.example")).toBe(421);
    const free = { ...OPEN_ON_LOOPBACK, checkHost: false };
    expect(await at(await makeBench({}, undefined, free), "any.example")).toBe(200);
    const beyond = { ...free, hosts: ["lab.example"] };
    expect(await at(await makeBench({}, undefined, beyond), "any.example")).toBe(421);
  });

  test.each(["http://evil.example", "null", "https://localhost.evil.example", "x"])(
    "a page of the origin %s is not let in, and gets no permission to read",
    async (origin) => {
      const bench = await makeBench();
      for (const method of ["GET", "POST", "DELETE", "OPTIONS"]) {
        const response = await bench.app.request("/v1/runs", { method, headers: { origin } });
        expect(response.status).toBe(403);
        expect(response.headers.get("access-control-allow-origin")).toBeNull();
      }
    },
  );

  test.each([
    ["an image of another site", "cross-site", "no-cors", 403],
    ["a script of another port", "same-site", "no-cors", 403],
    ["a page that hides its origin", "cross-site", "cors", 403],
    ["a link that somebody follows", "cross-site", "navigate", 200],
    ["an address that somebody types", "none", "navigate", 200],
    ["a script of our own page", "same-origin", "no-cors", 200],
  ])("what a browser loads as %s: %s, %s is answered %i", async (_, site, mode, status) => {
    const bench = await makeBench();
    const headers = { "sec-fetch-site": site, "sec-fetch-mode": mode };
    expect((await bench.app.request("/v1/runs", { headers })).status).toBe(status);
  });

  test("the service's own pages may ask it", async () => {
    const bench = await makeBench();
    const headers = { origin: "http://localhost" };
    expect((await bench.app.request("http://localhost/v1/runs", { headers })).status).toBe(200);
  });

  test("an origin that was let in may ask first without a token, then with one", async () => {
    const bench = await guarded({ origins: ["https://lab.example"] });
    const origin = "https://lab.example";
    const asked = await bench.app.request("/v1/runs", {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
    expect([asked.status, asked.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    const bare = await bench.app.request("/v1/runs", { headers: { origin } });
    expect([bare.status, bare.headers.get("access-control-allow-origin")]).toEqual([401, origin]);
    const headers = { origin, ...bearer(TOKENS.read.text) };
    expect((await bench.app.request("/v1/runs", { headers })).status).toBe(200);
  });
});

test("every answer carries the security headers, refusals and the page included", async () => {
  const bench = await guarded();
  const headers = bearer(TOKENS.read.text);
  const answers = [
    await bench.app.request("/v1/health"),
    await bench.app.request("/v1/health", { headers }),
    await bench.app.request("/nowhere", { headers }),
    await bench.app.request("/docs", { headers }),
  ];
  for (const { headers: got } of answers) {
    expect(got.get("x-content-type-options")).toBe("nosniff");
    expect(got.get("x-frame-options")).toBe("DENY");
    expect(got.get("referrer-policy")).toBe("no-referrer");
    expect(got.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(got.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(got.get("strict-transport-security")).toBeNull();
  }
  expect(answers[3]?.headers.get("content-security-policy")).toContain("script-src 'self'");
});

test("one token cannot hold all event streams, whoever opens them, and gets back what it closes", async () => {
  const bench = await guarded({}, { ssePeersMax: 3, ssePeersPerTokenMax: 2 });
  const created = await bench.post("/v1/runs", { specVersion: 1 }, bearer(TOKENS.run.text));
  const { id } = (await created.json()) as { id: string };
  const open = (token: string): Promise<Response> =>
    Promise.resolve(bench.app.request(`/v1/runs/${id}/events`, { headers: bearer(token) }));
  const held = [await open(TOKENS.read.text), await open(TOKENS.read.text)];
  expect(held.map(({ status }) => status)).toEqual([200, 200]);
  const third = await open(TOKENS.read.text);
  expect([third.status, third.headers.get("retry-after")]).toEqual([429, "5"]);
  expect(await third.json()).toMatchObject({
    detail: "2 event streams of this token are open (ssePeersPerTokenMax)",
  });
  const other = await open(TOKENS.run.text);
  expect(other.status).toBe(200);
  expect(await (await open(TOKENS.run.text)).json()).toMatchObject({
    detail: "3 event streams are open (ssePeersMax)",
  });
  await held[0]?.body?.cancel();
  expect((await open(TOKENS.read.text)).status).toBe(200);
});
