/** Looking at runs over HTTP, and ending them. */

import { describe, expect, test } from "vitest";
import type { Run } from "../src/runs/run.ts";
import { whenFinished } from "../src/runs/wait.ts";
import { type Bench, makeBench } from "./support/bench.ts";

const never = new AbortController().signal;

interface Page {
  readonly items: readonly Run[];
  readonly nextCursor: string | null;
}

const page = async (bench: Bench, query = ""): Promise<Page> =>
  (await bench.read(`/v1/runs${query}`)) as Page;

const seeds = ({ items }: Page): number[] => items.map(({ spec }) => spec.seed);

async function startMany(bench: Bench, count: number): Promise<void> {
  for (let seed = 0; seed < count; seed += 1) await bench.start({ specVersion: 1, seed });
}

async function finish(bench: Bench, index: number): Promise<string> {
  (await bench.runner.started(index)).finish();
  const { items } = await page(bench, "?limit=100");
  const { id } = items.find(({ spec }) => spec.seed === index) as Run;
  await whenFinished(bench.runs, id, never);
  return id;
}

describe("the list", () => {
  test("is newest first, page by page, with no gap, no repeat, and an end", async () => {
    const bench = await makeBench();
    await startMany(bench, 25);
    const newestFirst = Array.from({ length: 25 }, (_, at) => 24 - at);
    for (const limit of [1, 7, 24, 25, 26]) {
      const seen: number[] = [];
      let cursor: string | null = "";
      for (let pages = 0; cursor !== null; pages += 1) {
        expect(pages).toBeLessThan(30);
        const next: Page = await page(bench, `?limit=${limit}${cursor && `&cursor=${cursor}`}`);
        seen.push(...seeds(next));
        cursor = next.nextCursor;
      }
      expect(seen).toEqual(newestFirst);
    }
  });

  test("does not slip when runs are added while it is read", async () => {
    const bench = await makeBench();
    await startMany(bench, 4);
    const first = await page(bench, "?limit=2");
    await bench.start({ specVersion: 1, seed: 99 });
    const second = await page(bench, `?limit=2&cursor=${first.nextCursor}`);
    expect([seeds(first), seeds(second), second.nextCursor]).toEqual([[3, 2], [1, 0], null]);
  });

  test("of one status has only those", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    await startMany(bench, 3);
    await finish(bench, 0);
    expect(seeds(await page(bench, "?status=completed"))).toEqual([0]);
    expect(seeds(await page(bench, "?status=running"))).toEqual([1]);
    expect(seeds(await page(bench, "?status=queued"))).toEqual([2]);
    expect(await page(bench, "?status=failed")).toEqual({ items: [], nextCursor: null });
  });

  test("has as many as the default says when nobody does", async () => {
    const bench = await makeBench({ listLimitDefault: 3 });
    await startMany(bench, 4);
    expect(seeds(await page(bench))).toEqual([3, 2, 1]);
  });

  test("takes the largest limit and refuses the next", async () => {
    const bench = await makeBench({ listLimitMax: 5 });
    expect((await bench.app.request("/v1/runs?limit=5")).status).toBe(200);
    expect((await bench.app.request("/v1/runs?limit=6")).status).toBe(422);
  });
});

describe("a result", () => {
  test("is there once the run has finished, alone", async () => {
    const bench = await makeBench();
    await startMany(bench, 1);
    const id = await finish(bench, 0);
    const run = (await bench.read(`/v1/runs/${id}`)) as Run;
    expect(await bench.read(`/v1/runs/${id}/result`)).toEqual(run.result);
  });

  test("is a conflict before that", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    await bench.start();
    const { id } = await bench.start();
    const response = await bench.app.request(`/v1/runs/${id}/result`);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ detail: `run ${id} is queued` });
  });

  test("is not found, not a conflict, where the run ended without one", async () => {
    const bench = await makeBench();
    const { id } = await bench.start();
    (await bench.runner.started(0)).end({ kind: "failed", code: "run-crashed", message: "x" });
    await whenFinished(bench.runs, id, never);
    const response = await bench.app.request(`/v1/runs/${id}/result`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ type: "urn:faultline:problem:no-result" });
  });
});

describe("cancel and delete", () => {
  test("a cancelled run answers 202, and 409 from its end on", async () => {
    const bench = await makeBench();
    const { id } = await bench.start();
    const cancelled = await bench.app.request(`/v1/runs/${id}/cancel`, { method: "POST" });
    expect(cancelled.status).toBe(202);
    expect(await cancelled.json()).toMatchObject({ id });
    await whenFinished(bench.runs, id, never);
    const again = await bench.app.request(`/v1/runs/${id}/cancel`, { method: "POST" });
    expect(again.status).toBe(409);
    expect(await bench.read(`/v1/runs/${id}`)).toMatchObject({ status: "cancelled" });
  });

  test("a deleted run is gone, whatever it was doing", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    await startMany(bench, 3);
    await finish(bench, 0);
    const { items } = await page(bench);
    expect(items.map(({ status }) => status)).toEqual(["queued", "running", "completed"]);
    for (const { id } of items) {
      const response = await bench.app.request(`/v1/runs/${id}`, { method: "DELETE" });
      expect([response.status, await response.text()]).toEqual([204, ""]);
      expect((await bench.app.request(`/v1/runs/${id}`)).status).toBe(404);
    }
    expect(await page(bench)).toEqual({ items: [], nextCursor: null });
  });
});

describe("about the service", () => {
  test("its root names it, and paths that all answer", async () => {
    const bench = await makeBench();
    const { links, ...about } = (await bench.read("/")) as { links: Record<string, string> };
    expect(about).toEqual({ name: "faultline", version: "1.2.3" });
    expect(Object.values(links)).toEqual(
      expect.arrayContaining(["/docs", "/openapi.json", "/metrics", "/v1/health", "/v1/runs"]),
    );
    for (const path of Object.values(links)) {
      expect((await bench.app.request(path)).status).toBe(200);
    }
  });

  test("health is a word and a version", async () => {
    const bench = await makeBench();
    expect(await bench.read("/v1/health")).toEqual({ status: "ok", version: "1.2.3" });
  });

  test("scenarios have a name, words, transports and a whole spec", async () => {
    const bench = await makeBench();
    const { items } = (await bench.read("/v1/scenarios")) as { items: Record<string, unknown>[] };
    expect(items.length).toBeGreaterThanOrEqual(13);
    for (const item of items) {
      expect(item).toMatchObject({
        name: expect.any(String),
        title: expect.any(String),
        description: expect.any(String),
        transports: expect.any(Array),
        spec: { specVersion: 1 },
      });
    }
  });
});
