/** What every store must do. An adapter's test file calls this with a way to open it. */

import { describe, expect, test } from "vitest";
import { parseSpec } from "@faultline/experiment";
import { makeProblem } from "../../src/problem.ts";
import { newRun, type Run } from "../../src/runs/run.ts";
import type { Store } from "../../src/store/store.ts";
import { makeResult } from "./fake-runner.ts";

const parsed = parseSpec({ specVersion: 1, seed: 1 });
if (!parsed.ok) throw new Error("the smallest spec must parse");
const { spec } = parsed;
const TIME = "2026-01-01T00:00:00.000Z";

/** The n-th run by age. */
export function runNumber(n: number): Run {
  return newRun(`run_${n.toString(16).padStart(32, "0")}`, TIME, { spec });
}

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => JSON.stringify({ message: from + at }));

export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(`${name} keeps runs`, () => {
    test("a created run comes back as it was", async () => {
      const store = await open();
      expect(await store.create(runNumber(1))).toBeUndefined();
      expect(await store.get(runNumber(1).id)).toEqual(runNumber(1));
      expect(await store.get(runNumber(2).id)).toBeUndefined();
    });

    test("an update changes its fields and no others", async () => {
      const store = await open();
      await store.create(runNumber(1));
      await store.create(runNumber(2));
      const patch = {
        status: "failed",
        progress: { done: 3, total: 200 },
        startedAt: TIME,
        endedAt: TIME,
        result: makeResult(spec, "inconclusive"),
        error: makeProblem("interrupted", "it stopped"),
      } as const;
      expect(await store.update(runNumber(1).id, patch)).toBe(true);
      expect(await store.get(runNumber(1).id)).toEqual({ ...runNumber(1), ...patch });
      expect(await store.get(runNumber(2).id)).toEqual(runNumber(2));
      expect(await store.update(runNumber(3).id, { status: "failed" })).toBe(false);
    });

    test("a list is newest first, of one status if wanted, and goes on after an id", async () => {
      const store = await open();
      for (const n of [2, 3, 1, 4]) await store.create(runNumber(n));
      await store.update(runNumber(2).id, { status: "completed" });
      const ids = async (query: Parameters<Store["list"]>[0]): Promise<string[]> =>
        (await store.list(query)).map(({ id }) => id);
      const id = (n: number): string => runNumber(n).id;
      expect(await ids({ limit: 10 })).toEqual([id(4), id(3), id(2), id(1)]);
      expect(await ids({ limit: 2 })).toEqual([id(4), id(3)]);
      expect(await ids({ limit: 2, olderThan: id(3) })).toEqual([id(2), id(1)]);
      expect(await ids({ limit: 10, status: "completed" })).toEqual([id(2)]);
      expect(await ids({ limit: 10, status: "queued", olderThan: id(4) })).toEqual([id(3), id(1)]);
    });

    test("deleting takes the run, its exchanges and its key", async () => {
      const store = await open();
      const key = { key: "k", bodyHash: "h" };
      await store.create(runNumber(1), key);
      await store.appendExchanges(runNumber(1).id, lines(0, 3));
      expect(await store.delete(runNumber(1).id)).toBe(true);
      expect(await store.delete(runNumber(1).id)).toBe(false);
      expect(await store.get(runNumber(1).id)).toBeUndefined();
      expect(await store.findByKey("k")).toBeUndefined();
      expect(await store.create(runNumber(1), key)).toBeUndefined();
      expect((await store.readExchanges(runNumber(1).id, 0, 10)).lines).toEqual([]);
    });
  });

  describe(`${name} honours idempotency keys`, () => {
    test("a key seen before gives the earlier run and its fingerprint, and adds nothing", async () => {
      const store = await open();
      await store.create(runNumber(1), { key: "k", bodyHash: "h1" });
      const earlier = { run: runNumber(1), bodyHash: "h1" };
      expect(await store.create(runNumber(2), { key: "k", bodyHash: "h2" })).toEqual(earlier);
      expect(await store.findByKey("k")).toEqual(earlier);
      expect(await store.get(runNumber(2).id)).toBeUndefined();
    });

    test("runs without a key do not meet", async () => {
      const store = await open();
      await store.create(runNumber(1));
      expect(await store.create(runNumber(2))).toBeUndefined();
      expect(await store.findByKey("")).toBeUndefined();
    });
  });

  describe(`${name} keeps exchanges`, () => {
    test("whatever the batches were, any window reads the same lines", async () => {
      const store = await open();
      const { id } = runNumber(1);
      await store.create(runNumber(1));
      const all = lines(0, 700);
      const cuts = [0, 1, 129, 130, 400, 700];
      for (const [at, from] of cuts.slice(0, -1).entries()) {
        await store.appendExchanges(id, all.slice(from, cuts[at + 1]));
      }
      for (const after of [0, 1, 127, 128, 129, 130, 399, 400, 699, 700, 5000]) {
        for (const limit of [1, 2, 128, 10_000]) {
          const page = await store.readExchanges(id, after, limit);
          expect(page.lines).toEqual(all.slice(after, after + limit));
          expect(page.next).toBe(after + page.lines.length);
        }
      }
    });

    test("exchanges of no run are refused, and the store goes on", async () => {
      const store = await open();
      await expect(store.appendExchanges(runNumber(1).id, lines(0, 1))).rejects.toMatchObject({
        code: "failed",
      });
      await store.create(runNumber(1));
      await store.appendExchanges(runNumber(1).id, lines(0, 1));
    });

    test("lines with any character survive", async () => {
      const store = await open();
      await store.create(runNumber(1));
      const odd = ['{"a":"\\n\\u0000 \u2028 é 🙂 \' ; --"}'];
      await store.appendExchanges(runNumber(1).id, odd);
      expect((await store.readExchanges(runNumber(1).id, 0, 9)).lines).toEqual(odd);
    });
  });

  describe(`${name} is taken over after a crash`, () => {
    test("runs in progress are marked, others are not", async () => {
      const store = await open();
      for (const n of [1, 2, 3]) await store.create(runNumber(n));
      await store.update(runNumber(1).id, { status: "running", startedAt: TIME });
      await store.update(runNumber(2).id, { status: "completed", endedAt: TIME });
      const error = makeProblem("interrupted", "the service stopped");
      expect(await store.markInterrupted(error, "2026-01-02T00:00:00.000Z")).toBe(1);
      const marked = await store.get(runNumber(1).id);
      expect(marked).toMatchObject({ status: "failed", error, startedAt: TIME });
      expect(marked?.endedAt).toBe("2026-01-02T00:00:00.000Z");
      expect((await store.get(runNumber(2).id))?.status).toBe("completed");
      expect((await store.listQueued()).map(({ id }) => id)).toEqual([runNumber(3).id]);
    });

    test("queued runs come back oldest first", async () => {
      const store = await open();
      for (const n of [2, 1, 3]) await store.create(runNumber(n));
      const ids = (await store.listQueued()).map(({ id }) => id);
      expect(ids).toEqual([1, 2, 3].map((n) => runNumber(n).id));
    });
  });
}
