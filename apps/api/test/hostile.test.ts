/** Every refusal: the input, the status and the problem. Nothing here may start a run. */

import { describe, expect, test } from "vitest";
import type { Limits } from "../src/limits.ts";
import { PROBLEM_TYPE_PREFIX, type ProblemCode, PROBLEMS } from "../src/problem.ts";
import { type Bench, makeBench, SPEC } from "./support/bench.ts";

const UNKNOWN_ID = `run_${"0".repeat(32)}`;

interface Case {
  readonly name: string;
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
  readonly limits?: Partial<Limits>;
  readonly code: ProblemCode;
  /** Paths of `errors`, in order. */
  readonly errors?: readonly string[];
}

const json = { "content-type": "application/json" };
const body = (value: unknown): Pick<Case, "body" | "headers"> => ({
  body: JSON.stringify(value),
  headers: json,
});
const spec = (fields: object): Pick<Case, "body" | "headers"> => body({ ...SPEC, ...fields });

const CASES: readonly Case[] = [
  { name: "no body", headers: json, code: "malformed-json" },
  { name: "an empty body", body: "", headers: json, code: "malformed-json" },
  { name: "only spaces", body: " \n", headers: json, code: "malformed-json" },
  { name: "broken JSON", body: '{"specVersion":1', headers: json, code: "malformed-json" },
  { name: "two documents", body: "{}{}", headers: json, code: "malformed-json" },
  { name: "a bare NaN", body: '{"seed":NaN}', headers: json, code: "malformed-json" },
  {
    name: "bytes that are not UTF-8",
    body: new Uint8Array([0x22, 0xff, 0x22]),
    headers: json,
    code: "malformed-json",
  },
  { name: "no content type", body: new Uint8Array([0x7b, 0x7d]), code: "unsupported-media-type" },
  ...["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", "/"].map(
    (type): Case => ({
      name: `the content type ${type}`,
      body: "{}",
      headers: { "content-type": type },
      code: "unsupported-media-type",
    }),
  ),
  {
    name: "another charset",
    body: "{}",
    headers: { "content-type": "application/json; charset=latin1" },
    code: "unsupported-media-type",
  },
  {
    name: "a packed body",
    body: "{}",
    headers: { ...json, "content-encoding": "gzip" },
    code: "unsupported-media-type",
  },
  {
    name: "a body of 10 MB",
    ...spec({ name: "x".repeat(10_000_000) }),
    code: "body-too-large",
  },
  {
    name: "a body one byte too large",
    body: JSON.stringify(SPEC).padEnd(1025),
    headers: json,
    limits: { bodyBytesMax: 1024 },
    code: "body-too-large",
  },
  {
    name: "a million brackets",
    body: "[".repeat(400_000) + "]".repeat(400_000),
    headers: json,
    code: "invalid-request",
    errors: ["/0".repeat(32)],
  },
  {
    name: "nesting one level too deep",
    body: `{"a/b~":${"[".repeat(8)}${"]".repeat(8)}}`,
    headers: json,
    limits: { jsonDepthMax: 8 },
    code: "invalid-request",
    errors: [`/a~1b~0${"/0".repeat(7)}`],
  },
  {
    name: "nesting as deep as allowed, which then is no spec",
    body: `{"specVersion":1,"deep":${"[".repeat(7)}${"]".repeat(7)}}`,
    headers: json,
    limits: { jsonDepthMax: 8 },
    code: "invalid-request",
    errors: ["/deep"],
  },
  ...[null, 1, "x", true, []].map((value): Case => ({
    name: `${JSON.stringify(value)} for a spec`,
    ...body(value),
    code: "invalid-request",
    errors: [""],
  })),
  { name: "an empty object", ...body({}), code: "invalid-request", errors: ["/specVersion"] },
  {
    name: "several wrong fields at once",
    ...spec({
      specVersion: 2,
      seed: -1,
      nonsense: 1,
      workload: { messages: 0, payloadBytes: "64", more: 1 },
      faults: [{ id: "f", kind: "loss", probability: "NaN" }],
    }),
    code: "invalid-request",
    errors: [
      "/faults/0/probability",
      "/nonsense",
      "/seed",
      "/specVersion",
      "/workload/messages",
      "/workload/more",
      "/workload/payloadBytes",
    ],
  },
  {
    name: "a __proto__ key",
    body: '{"specVersion":1,"__proto__":{"seed":1},"workload":{"__proto__":null}}',
    headers: json,
    code: "invalid-request",
    errors: ["/__proto__", "/workload/__proto__"],
  },
  {
    name: "a __proto__ key beside a scenario",
    body: '{"scenario":"loss","__proto__":{"seed":1}}',
    headers: json,
    code: "invalid-request",
    errors: ["/__proto__"],
  },
  {
    name: "a constructor key",
    ...spec({ constructor: { prototype: { polluted: true } } }),
    code: "invalid-request",
    errors: ["/constructor"],
  },
  {
    name: "numbers written as text",
    ...spec({ seed: "7" }),
    code: "invalid-request",
    errors: ["/seed"],
  },
  {
    name: "more messages than this service allows",
    ...spec({ workload: { messages: 101 } }),
    limits: { messagesMax: 100 },
    code: "invalid-request",
    errors: ["/workload/messages"],
  },
  {
    name: "more seeds than this service allows",
    ...spec({ seeds: [1, 2, 3] }),
    limits: { seedsMax: 2 },
    code: "invalid-request",
    errors: ["/seeds"],
  },
  {
    name: "more seeds of a scenario than this service allows",
    ...body({ scenario: "loss", seeds: { runs: 3 } }),
    limits: { seedsMax: 2 },
    code: "invalid-request",
    errors: ["/seeds/runs"],
  },
  {
    name: "more messages over all seeds than this service allows",
    ...spec({ seeds: { base: 7, runs: 2 }, workload: { messages: 51 } }),
    limits: { messagesTotalMax: 100 },
    code: "invalid-request",
    errors: ["/seeds"],
  },
  {
    name: "seeds that are none",
    ...spec({ seeds: { base: "x", runs: 1 } }),
    code: "invalid-request",
    errors: ["/seeds/base"],
  },
  {
    name: "seeds of a scenario that are none",
    ...body({ scenario: "loss", seeds: [1, "x", 1] }),
    code: "invalid-request",
    errors: ["/seeds/1"],
  },
  {
    name: "a seed that is not the first of the seeds",
    ...body({ scenario: "loss", seed: 1, seeds: [2, 3] }),
    code: "invalid-request",
    errors: ["/seed"],
  },
  {
    name: "more payload than this service allows",
    ...spec({ workload: { payloadBytes: { min: 1, max: 1001 } } }),
    limits: { payloadBytesMax: 1000 },
    code: "invalid-request",
    errors: ["/workload/payloadBytes/max"],
  },
  {
    name: "a longer delay than this service allows",
    ...spec({ faults: [{ id: "d", kind: "delay", delayMs: 1001 }] }),
    limits: { delayMsMax: 1000 },
    code: "invalid-request",
    errors: ["/faults/0/delayMs"],
  },
  {
    name: "more clients and threads than this service allows",
    ...spec({ workload: { clients: 3 }, server: { workers: 3 } }),
    limits: { clientsMax: 2, workersMax: 2 },
    code: "invalid-request",
    errors: ["/server/workers", "/workload/clients"],
  },
  {
    name: "an unknown scenario",
    ...body({ scenario: "nope" }),
    code: "invalid-request",
    errors: ["/scenario"],
  },
  {
    name: "a scenario with wrong wishes, all at once",
    ...body({
      scenario: "corruption",
      transport: "carrier-pigeon",
      seed: 1.5,
      mode: 1,
      specVersion: 1,
    }),
    code: "invalid-request",
    errors: ["/transport", "/seed", "/mode", "/specVersion"],
  },
  {
    name: "a scenario that is no text",
    ...body({ scenario: { name: "loss" } }),
    code: "invalid-request",
    errors: ["/scenario"],
  },
  { name: "an unknown path", method: "GET", path: "/nope", code: "route-not-found" },
  {
    name: "a path with a slash too many",
    method: "GET",
    path: "/v1/runs/",
    code: "route-not-found",
  },
  { name: "an unknown run", method: "GET", path: `/v1/runs/${UNKNOWN_ID}`, code: "run-not-found" },
  ...["x", "..%2f..%2fetc", "%00", "run_", "'; DROP TABLE runs; --", "é"].map((id): Case => ({
    name: `the run "${id}"`,
    method: "GET",
    path: `/v1/runs/${encodeURI(id)}`,
    code: "run-not-found",
  })),
  ...(["result", "events", "exchanges"] as const).map((part): Case => ({
    name: `the ${part} of an unknown run`,
    method: "GET",
    path: `/v1/runs/${UNKNOWN_ID}/${part}`,
    code: "run-not-found",
  })),
  {
    name: "cancelling an unknown run",
    path: `/v1/runs/${UNKNOWN_ID}/cancel`,
    code: "run-not-found",
  },
  {
    name: "deleting an unknown run",
    method: "DELETE",
    path: `/v1/runs/${UNKNOWN_ID}`,
    code: "run-not-found",
  },
  {
    name: "a query in which everything is wrong",
    method: "GET",
    path: "/v1/runs?status=done&limit=0&cursor=abc&page=2",
    code: "invalid-request",
    errors: ["/status", "/limit", "/page", "/cursor"],
  },
  ...["201", "-1", "1.5", "1e1", "NaN", "", "0x1"].map((limit): Case => ({
    name: `limit=${limit}`,
    method: "GET",
    path: `/v1/runs?limit=${limit}`,
    code: "invalid-request",
    errors: ["/limit"],
  })),
  {
    name: "a parameter given twice",
    method: "GET",
    path: "/v1/runs?limit=1&limit=2",
    code: "invalid-request",
    errors: ["/limit"],
  },
];

async function send(bench: Bench, { method = "POST", path = "/v1/runs", ...rest }: Case) {
  const init = { method, headers: rest.headers ?? {} };
  return bench.app.request(path, rest.body === undefined ? init : { ...init, body: rest.body });
}

describe("refused, with the right problem, and nothing started:", () => {
  test.each(CASES)("$name", async (input) => {
    const bench = await makeBench(input.limits);
    const response = await send(bench, input);
    const problem = (await response.json()) as { errors?: { path: string; message: string }[] };
    expect(problem).toMatchObject({
      type: PROBLEM_TYPE_PREFIX + input.code,
      title: PROBLEMS[input.code].title,
      status: PROBLEMS[input.code].status,
      detail: expect.stringMatching(/./),
    });
    expect(problem.errors?.map(({ path }) => path)).toEqual(input.errors);
    expect(problem.errors?.every(({ message }) => message.length > 0) ?? true).toBe(true);
    expect(response.status).toBe(PROBLEMS[input.code].status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await bench.store.list({ limit: 9 })).toEqual([]);
    expect(bench.runner.runs).toEqual([]);
    expect(bench.failures).toEqual([]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("the other side of the limits:", () => {
  test.each<Pick<Case, "name" | "body" | "limits">>([
    {
      name: "a body exactly as large as allowed",
      body: JSON.stringify(SPEC).padEnd(1024),
      limits: { bodyBytesMax: 1024 },
    },
    {
      name: "as many messages, clients and threads as allowed",
      body: JSON.stringify({
        ...SPEC,
        workload: { messages: 100, payloadBytes: 1000, clients: 2 },
        server: { workers: 2 },
        faults: [{ id: "d", kind: "delay", delayMs: 1000 }],
      }),
      limits: {
        messagesMax: 100,
        payloadBytesMax: 1000,
        clientsMax: 2,
        workersMax: 2,
        delayMsMax: 1000,
      },
    },
    {
      name: "as many seeds, and messages over all of them, as allowed",
      body: JSON.stringify({ ...SPEC, seeds: { runs: 4 }, workload: { messages: 25 } }),
      limits: { seedsMax: 4, messagesTotalMax: 100 },
    },
  ])("$name is accepted", async ({ body: text, limits }) => {
    const bench = await makeBench(limits);
    expect((await bench.post("/v1/runs", text)).status).toBe(202);
  });

  test("a chunked body is held to the limit while it arrives, and its rest is not read", async () => {
    const bench = await makeBench({ bodyBytesMax: 1024 });
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(100).fill(0x20));
      },
      cancel() {
        cancelled = true;
      },
    });
    const response = await bench.app.request("/v1/runs", {
      method: "POST",
      headers: json,
      body: endless,
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(413);
    expect(cancelled).toBe(true);
    expect(pulled).toBeLessThan(20);
  });

  test("a body that says it is too large is not read at all", async () => {
    const bench = await makeBench({ bodyBytesMax: 1024 });
    const request = new Request("http://localhost/v1/runs", {
      method: "POST",
      headers: { ...json, "content-length": "1025" },
      body: JSON.stringify(SPEC).padEnd(1025),
    });
    const response = await bench.app.request(request);
    expect(response.status).toBe(413);
    expect(request.bodyUsed).toBe(false);
  });
});

describe("methods", () => {
  test.each([
    ["PUT", "/v1/health", "GET, HEAD, OPTIONS"],
    ["DELETE", "/v1/runs", "POST, GET, HEAD, OPTIONS"],
    ["PATCH", `/v1/runs/${UNKNOWN_ID}`, "GET, DELETE, HEAD, OPTIONS"],
    ["GET", `/v1/runs/${UNKNOWN_ID}/cancel`, "POST, OPTIONS"],
    ["POST", "/openapi.json", "GET, HEAD, OPTIONS"],
    ["POST", "/docs", "GET, HEAD, OPTIONS"],
  ])("%s %s is not allowed, and the answer says what is", async (method, path, allow) => {
    const bench = await makeBench();
    const response = await bench.app.request(path, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  test("OPTIONS tells the methods of a path, HEAD is GET without a body", async () => {
    const bench = await makeBench();
    const options = await bench.app.request("/v1/runs", { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([
      204,
      "POST, GET, HEAD, OPTIONS",
    ]);
    const head = await bench.app.request("/v1/health", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const unknown = await bench.app.request("/nope", { method: "OPTIONS" });
    expect(unknown.status).toBe(404);
  });
});

describe("a bug of ours", () => {
  test("is answered without a word about the inside, and told to the operator", async () => {
    const bench = await makeBench();
    bench.runs.require = () => Promise.reject(new Error("secret at /etc/passwd"));
    const response = await bench.app.request(`/v1/runs/${UNKNOWN_ID}`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toMatch(/secret|passwd|at |\.ts/);
    expect(bench.failures).toHaveLength(1);
  });
});
