/** The document and its page: complete, true to the app, and nothing from elsewhere. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LIMIT_NAMES, limitEnvName, LIMITS } from "../src/limits.ts";
import { PROBLEMS } from "../src/problem.ts";
import { makeBench, SPEC } from "./support/bench.ts";

interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string; readonly description: string };
  readonly paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  readonly components: { readonly schemas: Record<string, unknown> };
  readonly "x-limits": readonly { name: string; value: number; env: string }[];
}

async function read(limits = {}): Promise<Document> {
  const bench = await makeBench(limits);
  return (await bench.read("/openapi.json")) as Document;
}

/** Every `$ref` anywhere in a value. */
function refs(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : refs(inner),
  );
}

describe("the document", () => {
  test("is OpenAPI 3.1 and has every route of the contract", async () => {
    const { openapi, paths, info } = await read();
    expect(openapi).toMatch(/^3\.1\./);
    expect(info.version).toBe("1.2.3");
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted()).toEqual([
      "DELETE /v1/runs/{id}",
      "GET /",
      "GET /docs",
      "GET /metrics",
      "GET /openapi.json",
      "GET /v1/health",
      "GET /v1/runs",
      "GET /v1/runs/{id}",
      "GET /v1/runs/{id}/capture.pcapng",
      "GET /v1/runs/{id}/events",
      "GET /v1/runs/{id}/exchanges",
      "GET /v1/runs/{id}/result",
      "GET /v1/scenarios",
      "POST /v1/runs",
      "POST /v1/runs/{id}/cancel",
    ]);
  });

  test("every route it names is answered by the app", async () => {
    const bench = await makeBench();
    const { paths } = await read();
    for (const [path, item] of Object.entries(paths)) {
      for (const method of Object.keys(item)) {
        const target = path.replace("{id}", "x");
        const { status } = await bench.app.request(target, { method: method.toUpperCase() });
        expect([200, 404, 415]).toContain(status);
        if (status === 404) expect(path).toContain("{id}");
      }
    }
  });

  test("names no schema that it does not have", async () => {
    const document = await read();
    const known = Object.keys(document.components.schemas).map((n) => `#/components/schemas/${n}`);
    expect(refs(document).filter((ref) => !known.includes(ref))).toEqual([]);
    expect(known).toContain("#/components/schemas/Spec");
  });

  test("tells the limits in force here, each with its name, default and variable", async () => {
    const document = await read({ messagesMax: 123 });
    const limits = document["x-limits"];
    expect(limits.map(({ name }) => name)).toEqual(LIMIT_NAMES);
    expect(limits.find(({ name }) => name === "messagesMax")).toMatchObject({
      value: 123,
      default: LIMITS.messagesMax.default,
      env: "FAULTLINE_MESSAGES_MAX",
    });
    expect(document.info.description).toContain("`messagesMax`: **123**, 100000 by default.");
    expect(JSON.stringify(document.components.schemas["Spec"])).toContain('"maximum":123');
  });

  test("lists every problem", async () => {
    const { info } = await read();
    for (const code of Object.keys(PROBLEMS)) expect(info.description).toContain(`\`${code}\``);
  });

  test("describes a spec as one may write it and as it comes back", async () => {
    const { components } = await read();
    const spec = components.schemas["Spec"] as { required: string[]; additionalProperties: false };
    expect(spec.required).toEqual(["specVersion"]);
    expect(spec.additionalProperties).toBe(false);
    const full = components.schemas["FullSpec"] as { required: string[] };
    const bench = await makeBench();
    const run = await bench.start(SPEC);
    expect(full.required.filter((name) => !(name in run.spec))).toEqual([]);
  });
});

describe("the page", () => {
  test("loads its script from here and nothing from elsewhere", async () => {
    const bench = await makeBench();
    const response = await bench.app.request("/docs");
    const html = await response.text();
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(html).toContain('<script src="/docs/scalar.js">');
    expect(html).not.toMatch(/(?:https?:)?\/\/[\w-]+\.[a-z]/);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).not.toMatch(/https?:|\*/);
  });

  test("its script is the whole thing, served as a script", async () => {
    const bench = await makeBench();
    const response = await bench.app.request("/docs/scalar.js");
    expect(response.headers.get("content-type")).toMatch(/^text\/javascript/);
    expect((await response.text()).length).toBeGreaterThan(1_000_000);
  });
});

test("the README lists every limit with its default and its variable", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const name of LIMIT_NAMES) {
    const row = `| \`${name}\` | ${LIMITS[name].default} | \`${limitEnvName(name)}\` |`;
    expect(readme.replaceAll(/ +/g, " ")).toContain(row);
  }
});
