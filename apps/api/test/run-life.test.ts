/** The life of runs behind the API: order, limits, stopping, restarts, a store that fails. */

import { describe, expect, test } from "vitest";
import { makeRunIds } from "../src/ids.ts";
import { resolveLimits } from "../src/limits.ts";
import { isFinished, type Run } from "../src/runs/run.ts";
import { RunService } from "../src/runs/service.ts";
import { whenFinished } from "../src/runs/wait.ts";
import { type Store, StoreError } from "../src/store/store.ts";
import { type Bench, makeBench } from "./support/bench.ts";
import { makeFakeRunner } from "./support/fake-runner.ts";

const never = new AbortController().signal;

async function ended(bench: Bench, id: string): Promise<Run> {
  await whenFinished(bench.runs, id, never);
  return bench.runs.require(id);
}

const METHODS = [
  ...(["create", "findByKey", "get", "list", "update", "delete", "appendExchanges"] as const),
  ...(["readExchanges", "markInterrupted", "listQueued", "close"] as const),
];

/** The store's methods as plain functions, to put others in their place. */
function forward(store: Store): Store {
  return Object.fromEntries(METHODS.map((name) => [name, store[name].bind(store)])) as never;
}

/** A store one of whose methods fails while `broken` holds. */
function breakable(name: keyof Store, code: StoreError["code"] = "full") {
  const state = { broken: false };
  const wrap = (store: Store): Store => ({
    ...forward(store),
    [name]: async (...values: never[]) => {
      if (state.broken) throw new StoreError(code, "Cannot write: database or disk is full");
      return (store[name] as (...values: never[]) => unknown).apply(store, values);
    },
  });
  return { state, wrap };
}

/** A store that keeps no exchange before `saved`. */
function savingAfter(saved: Promise<void>): (store: Store) => Store {
  return (store) => ({
    ...forward(store),
    async appendExchanges(id, lines) {
      await saved;
      await store.appendExchanges(id, lines);
    },
  });
}

describe("the queue", () => {
  test("starts runs in order, so many at once, and every one of them ends", async () => {
    const bench = await makeBench({ runsAtOnceMax: 2 });
    const ids: string[] = [];
    for (let seed = 0; seed < 20; seed += 1) {
      ids.push((await bench.start({ specVersion: 1, seed })).id);
    }
    for (let seed = 0; seed < 20; seed += 1) {
      const run = await bench.runner.started(seed);
      expect(run.spec.seed).toBe(seed);
      expect(bench.runner.runs.length).toBeLessThanOrEqual(seed + 2);
      run.finish();
      expect((await ended(bench, ids[seed] ?? "")).status).toBe("completed");
    }
  });

  test("a run says queued, then running, then how it ended, each with its time", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    const first = await bench.start();
    const second = await bench.start();
    expect(second).toMatchObject({ status: "queued", startedAt: null, endedAt: null });
    bench.clock.advance(1000);
    (await bench.runner.started(0)).finish();
    await ended(bench, first.id);
    const running = await bench.runner.started(1);
    expect(await bench.runs.get(second.id)).toMatchObject({
      status: "running",
      startedAt: "2026-01-01T00:00:01.000Z",
    });
    bench.clock.advance(1000);
    running.finish("fail");
    expect(await ended(bench, second.id)).toMatchObject({
      status: "completed",
      createdAt: "2026-01-01T00:00:00.000Z",
      endedAt: "2026-01-01T00:00:02.000Z",
      result: { verdict: "fail" },
      error: null,
    });
  });

  test("progress is told while the run goes on and kept when it has ended", async () => {
    const bench = await makeBench();
    const { id } = await bench.start();
    const run = await bench.runner.started(0);
    run.exchange(0, 5);
    expect((await bench.runs.require(id)).progress).toEqual({ done: 5, total: 200 });
    expect((await bench.runs.list({ limit: 1 }))[0]?.progress.done).toBe(5);
    run.finish();
    expect((await ended(bench, id)).progress.done).toBe(5);
    expect((await bench.store.get(id))?.progress.done).toBe(5);
  });
});

test("a run has not ended before its last exchange is in the store", async () => {
  const saved = Promise.withResolvers<void>();
  const bench = await makeBench({}, savingAfter(saved.promise));
  const { id } = await bench.start();
  const run = await bench.runner.started(0);
  run.exchange(0, 3);
  run.finish();
  await new Promise(setImmediate);
  expect((await bench.runs.require(id)).status).toBe("running");
  saved.resolve();
  expect((await ended(bench, id)).status).toBe("completed");
  expect((await bench.runs.readExchanges(id, 0, 9)).lines).toHaveLength(3);
});

describe("a run that fails", () => {
  test("says so with the runner's reason, and the next one starts", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    const { id } = await bench.start();
    await bench.start();
    const run = await bench.runner.started(0);
    run.end({ kind: "failed", code: "run-crashed", message: "the run's thread crashed: boom" });
    expect(await ended(bench, id)).toMatchObject({
      status: "failed",
      result: null,
      error: {
        type: "urn:faultline:problem:run-crashed",
        detail: "the run's thread crashed: boom",
      },
    });
    await bench.runner.started(1);
  });

  test("by taking too long is stopped, keeps its partial result and names the limit", async () => {
    const bench = await makeBench({ wallMsMax: 60_000 });
    const { id } = await bench.start();
    await bench.runner.started(0);
    bench.clock.advance(59_999);
    expect((await bench.runs.require(id)).status).toBe("running");
    bench.clock.advance(1);
    expect(await ended(bench, id)).toMatchObject({
      status: "failed",
      result: { verdict: "inconclusive" },
      error: {
        type: "urn:faultline:problem:wall-time-exceeded",
        detail: "the run was stopped after 60000 ms (wallMsMax)",
      },
    });
    expect(bench.clock.armed).toBe(0);
  });
});

describe("stopping", () => {
  test("a waiting run is cancelled at once and never starts", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    const first = await bench.start();
    const second = await bench.start();
    const third = await bench.start({ specVersion: 1, seed: 3 });
    expect((await bench.runs.cancel(second.id)).status).toBe("cancelled");
    (await bench.runner.started(0)).finish();
    await ended(bench, first.id);
    expect((await bench.runner.started(1)).spec.seed).toBe(3);
    expect((await bench.store.get(second.id))?.status).toBe("cancelled");
    expect((await bench.store.get(third.id))?.status).toBe("running");
  });

  test("a run in progress is told to stop and keeps what it had", async () => {
    const bench = await makeBench();
    const { id } = await bench.start();
    const run = await bench.runner.started(0);
    run.exchange(0, 3);
    expect((await bench.runs.cancel(id)).status).toBe("running");
    expect(run.watch.signal.aborted).toBe(true);
    expect(await ended(bench, id)).toMatchObject({
      status: "cancelled",
      result: { verdict: "inconclusive" },
      error: null,
    });
    expect((await bench.runs.readExchanges(id, 0, 10)).lines).toHaveLength(3);
  });

  test("stopping it twice is stopping it, but an ended run cannot be stopped", async () => {
    const bench = await makeBench();
    bench.runner.obeys = false;
    const { id } = await bench.start();
    const run = await bench.runner.started(0);
    await bench.runs.cancel(id);
    expect((await bench.runs.cancel(id)).status).toBe("running");
    run.finish();
    expect((await ended(bench, id)).status).toBe("cancelled");
    await expect(bench.runs.cancel(id)).rejects.toMatchObject({ code: "run-finished" });
  });

  test("the first reason to stop is the one that is told", async () => {
    const bench = await makeBench();
    bench.runner.obeys = false;
    const { id } = await bench.start();
    const run = await bench.runner.started(0);
    await bench.runs.cancel(id);
    const closing = bench.runs.close(0);
    bench.clock.advance(0);
    run.finish();
    await closing;
    expect(await bench.store.get(id)).toMatchObject({ status: "cancelled", error: null });
  });

  test("removing a run in progress stops it first, and then nothing of it is left", async () => {
    const bench = await makeBench();
    const { id } = await bench.start();
    (await bench.runner.started(0)).exchange(0, 3);
    await bench.runs.remove(id);
    expect(await bench.runs.get(id)).toBeUndefined();
    expect((await bench.store.readExchanges(id, 0, 10)).lines).toEqual([]);
    await expect(bench.runs.remove(id)).rejects.toMatchObject({ code: "run-not-found" });
  });

  test("removing a run twice at once removes it once and harms nothing", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    await bench.start();
    const { id } = await bench.start();
    await Promise.all([bench.runs.remove(id), bench.runs.remove(id)]);
    expect(await bench.runs.get(id)).toBeUndefined();
  });
});

describe("a restart", () => {
  /** A second service over the store of the first, which is simply forgotten, as by kill -9. */
  async function restart(bench: Bench) {
    const runner = makeFakeRunner();
    const runs = new RunService({
      store: bench.store,
      runner,
      clock: bench.clock,
      ids: makeRunIds(bench.clock, (count) => new Uint8Array(count)),
      limits: resolveLimits(),
      onFailure: (error) => void bench.failures.push(error),
    });
    await runs.recover();
    return { runs, runner };
  }

  test("keeps finished runs, marks interrupted ones and takes up the queue in its order", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    const finished = await bench.start();
    (await bench.runner.started(0)).finish();
    await ended(bench, finished.id);
    const cut = await bench.start();
    const queued = await bench.start({ specVersion: 1, seed: 11 });
    await bench.start({ specVersion: 1, seed: 12 });
    const { runs, runner } = await restart(bench);
    expect(await runs.get(finished.id)).toMatchObject({ status: "completed", error: null });
    expect(await runs.get(cut.id)).toMatchObject({
      status: "failed",
      result: null,
      endedAt: "2026-01-01T00:00:00.000Z",
      error: {
        type: "urn:faultline:problem:interrupted",
        detail: "the service stopped while the run was in progress",
      },
    });
    expect(await runs.get(queued.id)).toMatchObject({ status: "queued" });
    expect(runner.runs).toHaveLength(0);
    runs.begin();
    await Promise.all([runner.started(0), runner.started(1)]);
    expect(runner.runs.map(({ spec }) => spec.seed)).toEqual([11, 12]);
  });

  test("after a clean end waits for what was in progress and leaves the queue for later", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    const first = await bench.start();
    const second = await bench.start();
    const closing = bench.runs.close(1000);
    (await bench.runner.started(0)).finish();
    await closing;
    expect((await bench.store.get(first.id))?.status).toBe("completed");
    expect((await bench.store.get(second.id))?.status).toBe("queued");
    expect(bench.runner.runs).toHaveLength(1);
    expect(bench.clock.armed).toBe(0);
  });

  test("a clean end stops what takes longer than its grace, and says why it ended", async () => {
    const bench = await makeBench();
    const { id } = await bench.start();
    await bench.runner.started(0);
    const closing = bench.runs.close(1000);
    bench.clock.advance(1000);
    await closing;
    expect(await bench.store.get(id)).toMatchObject({
      status: "failed",
      result: { verdict: "inconclusive" },
      error: { detail: "the service was shut down while the run was in progress" },
    });
  });

  test.each([
    ["on its way here when the stop is sent", "stop first"],
    ["being saved when the stop is sent", "end first"],
  ])("a clean end does not fail a run whose whole result is %s", async (_, order) => {
    const saved = Promise.withResolvers<void>();
    const bench = await makeBench({}, savingAfter(saved.promise));
    bench.runner.obeys = false;
    const { id } = await bench.start();
    const run = await bench.runner.started(0);
    const closing = bench.runs.close(1000);
    run.exchange(0, 3);
    if (order === "end first") run.finish();
    await new Promise(setImmediate);
    bench.clock.advance(1000);
    expect(run.watch.signal.aborted).toBe(true);
    if (order === "stop first") run.finish();
    saved.resolve();
    await closing;
    expect(await bench.store.get(id)).toMatchObject({
      status: "completed",
      result: { verdict: "pass" },
      error: null,
    });
  });

  test("a closing service takes no more runs", async () => {
    const bench = await makeBench();
    await bench.runs.close(0);
    const response = await bench.post("/v1/runs", { specVersion: 1 });
    expect(response.status).toBe(503);
  });
});

describe("a store that fails", () => {
  test("while exchanges come in stops that run, with the reason, and no other", async () => {
    const { state, wrap } = breakable("appendExchanges");
    const bench = await makeBench({ runsAtOnceMax: 2 }, wrap);
    const { id } = await bench.start();
    const other = await bench.start();
    state.broken = true;
    (await bench.runner.started(0)).exchange(0, 3);
    expect(await ended(bench, id)).toMatchObject({
      status: "failed",
      error: { type: "urn:faultline:problem:storage-full", status: 507 },
    });
    (await bench.runner.started(1)).finish();
    expect((await ended(bench, other.id)).status).toBe("completed");
  });

  test("at a run's end is told as that run's end, and the end is saved as soon as it can be", async () => {
    const { state, wrap } = breakable("update");
    const bench = await makeBench({ runsAtOnceMax: 1 }, wrap);
    const { id } = await bench.start();
    const other = await bench.start();
    const run = await bench.runner.started(0);
    state.broken = true;
    run.finish();
    const failed = await ended(bench, id);
    expect(failed).toMatchObject({ status: "failed", result: null, error: { status: 507 } });
    expect(await bench.runs.list({ limit: 9 })).toContainEqual(failed);
    expect((await bench.store.get(id))?.status).toBe("running");
    // The next one cannot even be marked as started: it fails for the same reason.
    expect(await ended(bench, other.id)).toMatchObject({
      status: "failed",
      error: { status: 507 },
    });
    state.broken = false;
    const third = await bench.start();
    (await bench.runner.started(1)).finish();
    expect((await ended(bench, third.id)).status).toBe("completed");
    expect(await bench.store.get(id)).toMatchObject({ status: "failed", error: { status: 507 } });
    expect((await bench.store.get(other.id))?.status).toBe("failed");
    expect(bench.failures.length).toBeGreaterThan(0);
  });

  test("at creation refuses the run and gives its place in the queue back", async () => {
    const { state, wrap } = breakable("create");
    const bench = await makeBench({ runsAtOnceMax: 1, queuedRunsMax: 0 }, wrap);
    state.broken = true;
    for (let n = 0; n < 3; n += 1) {
      expect((await bench.post("/v1/runs", { specVersion: 1 })).status).toBe(507);
    }
    state.broken = false;
    expect((await bench.post("/v1/runs", { specVersion: 1 })).status).toBe(202);
  });

  test("because it is really full answers 507, lives on, and takes runs again once there is room", async () => {
    const bench = await makeBench({ storeMiBMax: 1, queuedRunsMax: 100 });
    const bodies = Array.from({ length: 200 }, () => "x".repeat(1000));
    const large = { specVersion: 1, seed: 1, workload: { bodies } };
    const statuses: number[] = [];
    while (statuses.at(-1) !== 507 && statuses.length < 20) {
      statuses.push((await bench.post("/v1/runs", large)).status);
    }
    expect(statuses[0]).toBe(202);
    expect(statuses.at(-1)).toBe(507);
    const kept = await bench.runs.list({ limit: 100 });
    expect(kept).toHaveLength(statuses.length - 1);
    expect((await bench.app.request("/v1/health")).status).toBe(200);
    for (const { id } of kept) await bench.runs.remove(id);
    expect((await bench.post("/v1/runs", large)).status).toBe(202);
  });

  test("in another way answers 500 and tells the operator, not the caller", async () => {
    const { state, wrap } = breakable("list", "failed");
    const bench = await makeBench({}, wrap);
    state.broken = true;
    const response = await bench.app.request("/v1/runs");
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("Cannot write");
    expect(bench.failures).toHaveLength(1);
  });
});

test("a runner that breaks its promise not to throw still ends its run", async () => {
  const bench = await makeBench();
  bench.runner.run = () => Promise.reject(new Error("a bug"));
  const { id } = await bench.start();
  const run = await ended(bench, id);
  expect(isFinished(run)).toBe(true);
  expect(run).toMatchObject({
    status: "failed",
    error: { type: "urn:faultline:problem:run-crashed" },
  });
  expect(bench.failures).toHaveLength(1);
});
