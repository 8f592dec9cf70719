/** Events and exchanges of a run: order, resuming, slow and vanished readers. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { whenFinished } from "../src/runs/wait.ts";
import { type Bench, makeBench } from "./support/bench.ts";
import { makeExchange } from "./support/fake-runner.ts";
import { readSse, type SentEvent } from "./support/sse.ts";

const SPEC_10 = { specVersion: 1, seed: 1, workload: { messages: 10 } };

const never = new AbortController().signal;

const get = (bench: Bench, id: string, headers: Record<string, string> = {}) =>
  bench.app.request(`/v1/runs/${id}/events`, { headers });

const exchangesOf = (events: readonly SentEvent[]): SentEvent[] =>
  events.filter(({ event }) => event === "exchange");

/** A finished run with so many exchanges. */
async function finishedRun(bench: Bench, exchanges: number): Promise<string> {
  const { id } = await bench.start(SPEC_10);
  const run = await bench.runner.started(bench.runner.runs.length - 1);
  run.exchange(0, exchanges);
  run.finish();
  await whenFinished(bench.runs, id, never);
  return id;
}

describe("the events of a run", () => {
  test("come as they happen: where it stands, each exchange once and in order, the end last", async () => {
    const bench = await makeBench();
    const { id } = await bench.start(SPEC_10);
    const run = await bench.runner.started(0);
    const response = await get(bench, id);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const sse = readSse(response);
    expect(await sse.next()).toEqual({
      event: "progress",
      id: "0",
      data: { done: 0, total: 10, status: "running" },
    });
    run.exchange(0, 2);
    expect(await sse.next()).toEqual({ event: "exchange", id: "1", data: makeExchange(0) });
    expect(await sse.next()).toEqual({ event: "exchange", id: "2", data: makeExchange(1) });
    expect(await sse.next()).toMatchObject({ event: "progress", id: "2", data: { done: 2 } });
    run.exchange(2, 10);
    run.finish();
    const rest = await sse.rest();
    expect(exchangesOf(rest).map(({ id: seen }) => seen)).toEqual(
      [3, 4, 5, 6, 7, 8, 9, 10].map(String),
    );
    expect(rest.at(-2)).toMatchObject({ data: { done: 10, total: 10, status: "completed" } });
    expect(rest.at(-1)).toEqual({
      event: "end",
      id: "end",
      data: { id, status: "completed", verdict: "pass", error: null },
    });
  });

  test("begin while the run still waits, and end when it is cancelled there", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    await bench.start();
    const { id } = await bench.start(SPEC_10);
    const sse = readSse(await get(bench, id));
    expect(await sse.next()).toMatchObject({ data: { status: "queued" } });
    await bench.runs.cancel(id);
    expect((await sse.rest()).at(-1)).toMatchObject({
      event: "end",
      data: { status: "cancelled", verdict: null },
    });
  });

  test("of a failed run end with the reason", async () => {
    const bench = await makeBench();
    const { id } = await bench.start(SPEC_10);
    const sse = readSse(await get(bench, id));
    (await bench.runner.started(0)).end({ kind: "failed", code: "run-failed", message: "no" });
    expect((await sse.rest()).at(-1)).toMatchObject({
      data: { status: "failed", error: { detail: "no" } },
    });
  });

  test("end when the run is removed", async () => {
    const bench = await makeBench();
    const { id } = await bench.start(SPEC_10);
    const sse = readSse(await get(bench, id));
    await sse.next();
    await bench.runs.remove(id);
    expect((await sse.rest()).at(-1)?.event).toBe("end");
  });

  test("are all there for whoever comes after the end", async () => {
    const bench = await makeBench();
    const events = await readSse(await get(bench, await finishedRun(bench, 10))).rest();
    expect(exchangesOf(events).map(({ data }) => data)).toEqual(
      Array.from({ length: 10 }, (_, at) => makeExchange(at)),
    );
  });

  test("stop without an end when the service closes, so that readers come back", async () => {
    const bench = await makeBench();
    const { id } = await bench.start(SPEC_10);
    const sse = readSse(await get(bench, id));
    await sse.next();
    const closing = bench.runs.close(1000);
    expect(await sse.rest()).toEqual([]);
    bench.clock.advance(1000);
    await closing;
  });
});

describe("Last-Event-ID", () => {
  test("resumes after that exchange, wherever the reader was cut off", async () => {
    const bench = await makeBench({ eventBatchMax: 3 });
    const id = await finishedRun(bench, 10);
    await fc.assert(
      fc.asyncProperty(fc.nat(14), async (read) => {
        const first = readSse(await get(bench, id));
        const seen: SentEvent[] = [];
        for (let n = 0; n < read; n += 1) {
          const event = await first.next();
          if (event !== undefined) seen.push(event);
        }
        await first.cancel();
        const last = seen.at(-1)?.id;
        const resumed = await get(bench, id, last === undefined ? {} : { "last-event-id": last });
        if (last === "end") {
          expect(resumed.status).toBe(204);
          return;
        }
        const all = [...seen, ...(await readSse(resumed).rest())];
        expect(exchangesOf(all).map((event) => event.id)).toEqual(
          Array.from({ length: 10 }, (_, at) => String(at + 1)),
        );
        expect(all.at(-1)?.event).toBe("end");
      }),
      { numRuns: 40 },
    );
  });

  test("resumes on a run that still goes on", async () => {
    const bench = await makeBench();
    const { id } = await bench.start(SPEC_10);
    const run = await bench.runner.started(0);
    run.exchange(0, 4);
    await new Promise(setImmediate);
    const sse = readSse(await get(bench, id, { "last-event-id": "3" }));
    expect(await sse.next()).toMatchObject({ event: "exchange", id: "4" });
    run.exchange(4, 5);
    expect(exchangesOf([await sse.next(), await sse.next()] as SentEvent[])).toMatchObject([
      { id: "5" },
    ]);
    await sse.cancel();
  });

  test.each(["x", "-1", "1.5", "9".repeat(16)])("%s is not the id of an event", async (value) => {
    const bench = await makeBench();
    const response = await get(bench, await finishedRun(bench, 1), { "last-event-id": value });
    expect(response.status).toBe(422);
  });
});

describe("readers", () => {
  test("that are slow cost nothing: nothing is read for them before they ask", async () => {
    const bench = await makeBench({ eventBatchMax: 2 });
    const { id } = await bench.start(SPEC_10);
    const run = await bench.runner.started(0);
    let reads = 0;
    const readExchanges = bench.runs.readExchanges.bind(bench.runs);
    bench.runs.readExchanges = (...window) => {
      reads += 1;
      return readExchanges(...window);
    };
    const sse = readSse(await get(bench, id));
    await sse.next();
    const before = reads;
    run.exchange(0, 10);
    run.finish();
    await whenFinished(bench.runs, id, never);
    await new Promise(setImmediate);
    expect(reads).toBe(before);
    expect(exchangesOf(await sse.rest())).toHaveLength(10);
  });

  test("that take nothing for too long are let go, and their place is free again", async () => {
    const bench = await makeBench({ ssePeersMax: 1, eventStallMsMax: 5000 });
    const { id } = await bench.start(SPEC_10);
    const stalled = readSse(await get(bench, id));
    await stalled.block();
    bench.clock.advance(4999);
    expect((await get(bench, id)).status).toBe(429);
    bench.clock.advance(1);
    expect(await stalled.next()).toBeUndefined();
    const again = await get(bench, id);
    expect(again.status).toBe(200);
    await again.body?.cancel();
  });

  test("that wait for news are kept, and hear a comment now and then", async () => {
    const bench = await makeBench({ eventStallMsMax: 5000 });
    const { id } = await bench.start(SPEC_10);
    const sse = readSse(await get(bench, id));
    expect(await sse.block()).toBe("retry: 2000");
    await sse.next();
    const comment = sse.block();
    await new Promise(setImmediate);
    bench.clock.advance(10_000);
    expect(await comment).toBe(": nothing new");
    await sse.cancel();
    expect(bench.clock.armed).toBe(1);
  });

  test("that go away free their place at once, waiting or not", async () => {
    const bench = await makeBench({ ssePeersMax: 1 });
    const { id } = await bench.start(SPEC_10);
    for (let n = 0; n < 3; n += 1) {
      const sse = readSse(await get(bench, id));
      await sse.next();
      const waiting = sse.next();
      await new Promise(setImmediate);
      await sse.cancel();
      expect(await waiting).toBeUndefined();
    }
    expect(bench.failures).toEqual([]);
  });

  test("beyond the limit are told to come back later", async () => {
    const bench = await makeBench({ ssePeersMax: 2 });
    const { id } = await bench.start(SPEC_10);
    const open = [await get(bench, id), await get(bench, id)];
    const refused = await get(bench, id);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await refused.json()).toMatchObject({ type: "urn:faultline:problem:too-many-streams" });
    for (const response of open) await response.body?.cancel();
  });

  test("that only ask for the headers take no place", async () => {
    const bench = await makeBench({ ssePeersMax: 1 });
    const { id } = await bench.start(SPEC_10);
    for (let n = 0; n < 3; n += 1) {
      const head = await bench.app.request(`/v1/runs/${id}/events`, { method: "HEAD" });
      expect([head.status, await head.text()]).toEqual([200, ""]);
    }
  });
});

describe("the exchanges of a run", () => {
  test("are one line each, in order, whatever the size of a read is", async () => {
    for (const eventBatchMax of [1, 3, 128]) {
      const bench = await makeBench({ eventBatchMax });
      const id = await finishedRun(bench, 10);
      const response = await bench.app.request(`/v1/runs/${id}/exchanges`);
      expect(response.headers.get("content-type")).toBe("application/x-ndjson");
      const text = await response.text();
      expect(text.endsWith("}\n")).toBe(true);
      expect(
        text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as unknown),
      ).toEqual(Array.from({ length: 10 }, (_, at) => makeExchange(at)));
    }
  });

  test("are those settled so far while the run goes on", async () => {
    const bench = await makeBench();
    const { id } = await bench.start(SPEC_10);
    const path = `/v1/runs/${id}/exchanges`;
    expect(await (await bench.app.request(path)).text()).toBe("");
    (await bench.runner.started(0)).exchange(0, 2);
    await new Promise(setImmediate);
    expect((await (await bench.app.request(path)).text()).split("\n")).toHaveLength(3);
  });

  test("are never cut short silently: a store that fails ends the answer early and is reported", async () => {
    const bench = await makeBench({ eventBatchMax: 1 });
    const id = await finishedRun(bench, 3);
    const response = await bench.app.request(`/v1/runs/${id}/exchanges`);
    bench.runs.readExchanges = () => Promise.reject(new Error("disk gone"));
    expect(await response.text()).toBe("");
    expect(bench.failures).toHaveLength(1);
  });
});
