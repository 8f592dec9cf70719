/** Runs that are questions about many: search, shrink and compare over HTTP. */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import type { Comparison, SearchResult, ShrinkResult } from "@faultline/experiment";
import { SPEC_LIMITS_DEFAULT } from "@faultline/experiment";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Problem } from "../src/problem.ts";
import type { Run } from "../src/runs/run.ts";
import { makeAnswerSchemas } from "../src/schema/answer.ts";
import { startApi } from "../src/start.ts";
import { STORE_FILE } from "../src/store/open.ts";
import { MIGRATIONS } from "../src/store/migrations.ts";
import { openSqliteStore } from "../src/store/sqlite.ts";
import { makeBench } from "./support/bench.ts";
import { http } from "./support/http.ts";
import { readSse } from "./support/sse.ts";
import { makeTempFolder } from "./support/temp-folder.ts";

const LOSSY = {
  specVersion: 1,
  seed: 1,
  workload: { messages: 100 },
  client: { attemptTimeoutMs: 50, attemptsMax: 2, backoff: { kind: "constant", firstMs: 10 } },
  faults: [{ id: "drop", kind: "loss", probability: 0.3 }],
  assert: [{ metric: "delivery.ratio", op: "==", value: 1 }],
};

async function service() {
  const api = await startApi();
  onTestFinished(() => api.close());
  return { ...http(api.url), url: api.url };
}

describe("over HTTP", () => {
  test("a search names its failing seeds, a shrink takes the first of them apart", async () => {
    const { json, post } = await service();
    const wait = { prefer: "wait=60" };
    const body = { kind: "search", spec: LOSSY, seeds: 5, base: 10, failuresMax: 2 };
    const search = (await (await post(body, wait)).json()) as Run;
    expect(search).toMatchObject({
      kind: "search",
      status: "completed",
      options: { seeds: 5, base: 10, failuresMax: 2 },
      spec: { mode: "simulated", seed: 1 },
      error: null,
    });
    const { failing, ended } = search.result as SearchResult;
    expect([failing.map(({ seed }) => seed), ended]).toEqual([[10, 11], "failures"]);
    expect(search.progress).toEqual({ done: 2, total: 5 });
    expect(await json(`/v1/runs/${search.id}/result`)).toEqual(search.result);

    const shrink = (await (
      await post({ kind: "shrink", spec: LOSSY, seed: 10 }, wait)
    ).json()) as Run;
    expect(shrink).toMatchObject({
      kind: "shrink",
      status: "completed",
      options: { signature: null, trialsMax: 2_000 },
      spec: { seed: 10 },
    });
    const small = shrink.result as ShrinkResult;
    expect(small).toMatchObject({ outcome: "shrunk", minimal: true, to: { firings: 2 } });
    expect(small.test).toContain("runTrial");
    const schemas = makeAnswerSchemas(SPEC_LIMITS_DEFAULT);
    for (const run of [search, shrink]) schemas["Run"]?.parse(run);
    expect((await json("/v1/runs")) as object).toMatchObject({
      items: [{ kind: "shrink" }, { kind: "search" }],
    });
  });

  test("a comparison says what changes, and its events count pairs", async () => {
    const { get, post } = await service();
    const b = { ...LOSSY, client: { ...LOSSY.client, attemptsMax: 4 } };
    const response = await post({ kind: "compare", a: LOSSY, b, seeds: 4 }, { prefer: "wait=60" });
    const run = (await response.json()) as Run;
    const { messages, differences } = run.result as Comparison;
    expect(messages?.onlyFirst).toBe(0);
    expect(messages?.onlySecond).toBeGreaterThan(0);
    expect(differences[0]).toMatchObject({ figure: "delivery.ratio", n: 4 });
    expect(run.options).toMatchObject({ seeds: 4, base: 1, b: { client: { attemptsMax: 4 } } });
    makeAnswerSchemas(SPEC_LIMITS_DEFAULT)["Run"]?.parse(run);
    const events = await readSse(await get(`/v1/runs/${run.id}/events`)).rest();
    expect(events.at(-1)).toMatchObject({
      event: "end",
      data: { status: "completed", verdict: null },
    });
    expect(await (await get(`/v1/runs/${run.id}/exchanges`)).text()).toBe("");
  });

  test("a search that is cancelled keeps what it had", async () => {
    const { json, get, post, url } = await service();
    const spec = { ...LOSSY, workload: { messages: 1_000 }, assert: [] };
    const run = (await (await post({ kind: "search", spec, seeds: 1_000 })).json()) as Run;
    const events = readSse(await get(`/v1/runs/${run.id}/events`));
    const doneOf = (event: { readonly data: unknown } | undefined): number =>
      (event?.data as { readonly done?: number } | undefined)?.done ?? Infinity;
    for (let done = 0; done === 0;) done = doneOf(await events.next());
    await fetch(`${url}/v1/runs/${run.id}/cancel`, { method: "POST" });
    await events.rest();
    const ended = (await json(`/v1/runs/${run.id}`)) as Run;
    expect(ended.status).toBe("cancelled");
    expect(ended.result).toMatchObject({ ended: "aborted" });
    expect((ended.result as SearchResult).seeds.tried).toBeGreaterThan(0);
  });
});

describe("the question", () => {
  async function problems(body: unknown, limits = {}): Promise<string[]> {
    const bench = await makeBench(limits);
    const response = await bench.post("/v1/runs", body);
    expect(response.status).toBe(422);
    const { errors = [] } = (await response.json()) as Problem;
    return errors.map(({ path, message }) => `${path} ${message}`);
  }

  test("goes to the runner as it was asked, the defaults filled in", async () => {
    const bench = await makeBench();
    await bench.start({ kind: "compare", a: { scenario: "loss", mode: "real" }, b: LOSSY });
    const { spec } = await bench.runner.started(0);
    expect(spec).toMatchObject({ name: "loss", mode: "simulated" });
    const { items } = (await bench.read("/v1/runs")) as { items: Run[] };
    expect(items[0]).toMatchObject({
      kind: "compare",
      options: { seeds: 30, base: spec.seed, b: { mode: "simulated" } },
      progress: { done: 0, total: 30 },
    });
  });

  test("of an experiment is the spec alone, and its run says so", async () => {
    const bench = await makeBench();
    const plain = await bench.start(LOSSY);
    const named = await bench.start({ kind: "experiment", spec: LOSSY });
    expect([plain.kind, named.kind, named.spec]).toEqual(["experiment", "experiment", plain.spec]);
    expect(Object.hasOwn(plain, "options")).toBe(false);
  });

  test("is refused with everything that is wrong with it", async () => {
    expect(await problems({ kind: "seek", spec: LOSSY })).toEqual([
      "/kind must be one of experiment, search, shrink, compare",
    ]);
    expect(
      await problems({ kind: "search", spec: { ...LOSSY, faults: 3 }, seeds: 0, seed: 4 }),
    ).toEqual([
      "/seeds must be an integer from 1 to 1000",
      "/seed must be left out: this field is not known here",
      "/spec/faults must be a list of at most 64 faults: got 3",
    ]);
    expect(await problems({ kind: "compare", a: LOSSY })).toEqual([
      "/b must be a spec, or name a scenario",
    ]);
    expect(await problems({ kind: "shrink", spec: { scenario: "los" }, trialsMax: 1e9 })).toEqual([
      "/trialsMax must be an integer from 1 to 10000",
      expect.stringMatching(/^\/spec\/scenario must be /),
    ]);
    expect(await problems({ kind: "search", spec: LOSSY, seeds: 2, base: 2 ** 53 - 1 })).toEqual([
      "/base must be so low that all seeds stay below 2^53: got 9007199254740991",
    ]);
  });

  test("keeps to the limits of the service, on either side", async () => {
    const limits = { messagesTotalMax: 400, seedsMax: 4, trialsMax: 7 };
    const bench = await makeBench(limits);
    expect((await bench.start({ kind: "search", spec: LOSSY, seeds: 4 })).status).toBeDefined();
    expect(await problems({ kind: "search", spec: LOSSY, seeds: 5 }, limits)).toEqual([
      "/seeds must be an integer from 1 to 4",
    ]);
    const fewer = { ...limits, messagesTotalMax: 399 };
    expect(await problems({ kind: "search", spec: LOSSY, seeds: 4 }, fewer)).toEqual([
      "/seeds must be so few that 100 messages a seed come to at most 399 (messagesTotalMax): got 4",
    ]);
    expect(await problems({ kind: "compare", a: LOSSY, b: LOSSY, seeds: 3 }, limits)).toEqual([
      "/seeds must be so few that 200 messages a seed come to at most 400 (messagesTotalMax): got 3",
    ]);
    const shrink = await bench.start({ kind: "shrink", spec: LOSSY });
    expect(shrink.options).toEqual({ signature: null, trialsMax: 7 });
  });
});

test("a store of before there were kinds is taken over, its runs experiments", async () => {
  const folder = makeTempFolder();
  const database = new DatabaseSync(join(folder, STORE_FILE));
  database.exec(MIGRATIONS[0]!);
  database.exec("CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT");
  database.exec("INSERT INTO schema_version VALUES (1)");
  database.exec(
    `INSERT INTO runs (id, status, done, total, created_at, spec, result) VALUES ('run_1', 'completed', 1, 1, 'then', '{"seed":7}', '{"verdict":"pass"}')`,
  );
  database.close();
  const store = openSqliteStore({ folder, storeMiBMax: 64 });
  onTestFinished(() => store.close());
  const run = await store.get("run_1");
  expect(run).toMatchObject({ kind: "experiment", status: "completed", spec: { seed: 7 } });
  expect(run).toMatchObject({ result: { verdict: "pass" } });
  expect(Object.hasOwn(run ?? {}, "options")).toBe(false);
});
