/** An app over fakes: everything real but the runner, the clock and the disk. */

import type { Hono } from "hono";
import { createApp } from "../../src/app.ts";
import type { GuardOptions } from "../../src/guard/guard.ts";
import { makeRunIds } from "../../src/ids.ts";
import { type Limits, resolveLimits } from "../../src/limits.ts";
import type { Run } from "../../src/runs/run.ts";
import { RunService } from "../../src/runs/service.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { type FakeClock, makeFakeClock } from "./fake-clock.ts";
import { type FakeRunner, makeFakeRunner } from "./fake-runner.ts";

export interface Bench {
  readonly app: Hono;
  readonly runs: RunService;
  readonly runner: FakeRunner;
  readonly clock: FakeClock;
  readonly store: Store;
  /** What the operator was told. */
  readonly failures: unknown[];
  /** Sends JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Accepts a run and gives it back. */
  start(spec?: object): Promise<Run>;
  read(path: string): Promise<unknown>;
}

/** The smallest spec there is. */
export const SPEC = { specVersion: 1, seed: 7 } as const;

export async function makeBench(
  overrides: Partial<Limits> = {},
  wrap: (store: Store) => Store = (store) => store,
  guard?: GuardOptions,
): Promise<Bench> {
  const limits = resolveLimits(overrides);
  const clock = makeFakeClock();
  const runner = makeFakeRunner();
  const failures: unknown[] = [];
  const onFailure = (error: unknown): void => void failures.push(error);
  const store = wrap(openSqliteStore({ folder: ":memory:", storeMiBMax: limits.storeMiBMax }));
  const ids = makeRunIds(clock, (count) => new Uint8Array(count).fill(0xab));
  const runs = new RunService({ store, runner, clock, ids, limits, onFailure });
  await runs.recover();
  runs.begin();
  const deps = { runs, clock, limits, onFailure, version: "1.2.3" };
  const app = createApp(guard === undefined ? deps : { ...deps, guard });
  const post: Bench["post"] = async (path, body, headers = {}) =>
    app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return {
    app,
    runs,
    runner,
    clock,
    store,
    failures,
    post,
    start: async (spec = SPEC) => (await (await post("/v1/runs", spec)).json()) as Run,
    read: async (path) => (await app.request(path)).json(),
  };
}
