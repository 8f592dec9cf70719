/** The parts of a series: the book, the order of lines, the threads, and what happens when a run fails. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createClient } from "@faultline/client";
import { type ExchangeLine, type RunOptions, parseSpec, runExperiment } from "../src/index.ts";
import type { FinishedRun } from "../src/series/finished.ts";
import { Ledger, type RunEnd } from "../src/series/ledger.ts";
import { LINES_AHEAD_MAX, LineOrder } from "../src/series/line-order.ts";
import { Meter } from "../src/series/meter.ts";
import { ThreadPool } from "../src/series/thread-pool.ts";
import { threadsFor } from "../src/series/threads.ts";
import { LatencySample } from "../src/statistics/latency.ts";

function specOf(runs: number, more: object = {}) {
  const parsed = parseSpec({
    specVersion: 1,
    mode: "simulated",
    seeds: { base: 100, runs },
    workload: { messages: 10 },
    ...more,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

/** A run as far as the book looks into it. */
function finishedRun(index: number): FinishedRun {
  const empty = new LatencySample().buckets();
  return {
    index,
    row: { seed: 100 + index, digest: `d${index}` },
    measured: {
      counts: { messages: 10, delivered: index },
      run: { latency: empty, service: empty },
      phases: new Map(),
      faults: [],
      broken: [],
      recovery: null,
    },
    replicates: [],
    simulatedMs: 1.5,
  } as unknown as FinishedRun;
}

describe("the book of a series", () => {
  test("enters runs by index, whichever is ready first", () => {
    const told: number[] = [];
    const ledger = new Ledger(specOf(4), (_, index) => told.push(index));
    for (const index of [2, 0]) ledger.end(finishedRun(index));
    expect([told, ledger.head, ledger.isFull]).toEqual([[0], 1, false]);
    for (const index of [3, 1]) ledger.end(finishedRun(index));
    expect([told, ledger.head, ledger.isFull]).toEqual([[0, 1, 2, 3], 4, true]);
    expect(ledger.measured([]).counts).toMatchObject({ messages: 40, delivered: 6 });
    expect(ledger.simulatedMs).toBe(6);
  });

  test("that is closed early keeps what waits behind a run that was stopped", () => {
    const told: number[] = [];
    const ledger = new Ledger(specOf(4), (_, index) => told.push(index));
    for (const index of [3, 0, 2]) ledger.end(finishedRun(index));
    ledger.close();
    expect(told).toEqual([0, 2, 3]);
    expect(ledger.parts().rows.map(({ seed }) => seed)).toEqual([100, 102, 103]);
  });

  test("names the first ten failed runs and counts the others", () => {
    const ledger = new Ledger(specOf(12), () => {});
    for (let index = 0; index < 12; index += 1) ledger.end({ index, failed: "no luck" });
    const { broken, digest } = ledger.measured([]);
    expect(broken).toHaveLength(11);
    expect(broken[0]).toBe("run 0 (seed 100) failed: no luck");
    expect(broken[10]).toBe("and 2 more of this kind");
    expect([digest, ledger.failed, ledger.finished]).toEqual([null, 12, 0]);
  });
});

describe("latencies of several runs", () => {
  test("merged are those of one sample of all of them", () => {
    const all = new LatencySample();
    const merged = new LatencySample();
    for (const run of [0, 1, 2]) {
      const own = new LatencySample();
      // up to half an hour: histograms of different lengths
      for (let k = 1; k <= 400; k += 1) {
        const us = k * k * 10 ** (2 * run);
        own.record(us);
        all.record(us);
      }
      merged.add(structuredClone(own.buckets()));
    }
    merged.add(new LatencySample().buckets());
    expect(merged.summary()).toEqual(all.summary());
    expect(merged.interval(0.9, 0.95)).toEqual(all.interval(0.9, 0.95));
    expect(merged.buckets()).toEqual(all.buckets());
  });

  test("are the same however the latencies are dealt to the runs", () => {
    const latency = fc.oneof(fc.nat(5_000), fc.nat(10_000_000), fc.nat(3_600_000_000));
    fc.assert(
      fc.property(fc.array(fc.array(latency, { maxLength: 50 }), { maxLength: 8 }), (runs) => {
        const all = new LatencySample();
        const merged = new LatencySample();
        for (const run of runs) {
          const own = new LatencySample();
          for (const us of run) {
            own.record(us);
            all.record(us);
          }
          merged.add(own.buckets());
        }
        expect(merged.buckets()).toEqual(all.buckets());
        expect(merged.summary()).toEqual(all.summary());
      }),
    );
  });
});

describe("the order of lines", () => {
  const line = (message: number): ExchangeLine => {
    return { client: 0, message, outcome: "delivered", attempts: [] };
  };

  test("is that of the runs, and each batch is taken when it is out", () => {
    const out: string[] = [];
    const taken: string[] = [];
    const order = new LineOrder(({ run, message }) => out.push(`${run}/${message}`));
    const push = (run: number, ...messages: number[]): void => {
      order.push(run, {
        lines: messages.map(line),
        taken: (count) => taken.push(`${run}: ${count}`),
      });
    };
    push(1, 0, 1);
    push(0, 0);
    push(2, 0);
    push(1, 2);
    expect([out, taken, order.waiting]).toEqual([["0/0"], ["0: 1"], 4]);
    order.advance(1);
    push(1, 3);
    expect(out).toEqual(["0/0", "1/0", "1/1", "1/2", "1/3"]);
    expect(order.waiting).toBe(1);
    order.advance(3);
    expect([out.at(-1), order.waiting]).toEqual(["2/0", 0]);
    expect(taken).toEqual(["0: 1", "1: 2", "1: 1", "1: 1", "2: 1"]);
  });

  test("lets out the rest in order when nothing more will come", () => {
    const out: number[] = [];
    const order = new LineOrder(({ run }) => out.push(run ?? -1));
    for (const run of [3, 1, 2]) order.push(run, { lines: [line(0)], taken: () => {} });
    order.close();
    expect(out).toEqual([1, 2, 3]);
  });

  test("bounds what waits: a run that is too far ahead lies still", async () => {
    const spec = specOf(2, { workload: { messages: 40_000, clients: 8 } });
    let most = 0;
    const runs: number[] = [];
    const order = new LineOrder(({ run }) => runs.push(run ?? -1));
    const ledger = new Ledger(spec, () => {});
    const pool = new ThreadPool({
      threads: 2,
      ledger,
      setup: { spec, lines: true, progressStep: 1e9, wallMsMax: undefined },
      onProgress: () => {},
      onLines: (index, batch) => {
        order.push(index, batch);
        most = Math.max(most, order.waiting);
      },
      onEnd: (run) => {
        ledger.end(run);
        order.advance(ledger.head);
      },
    });
    await pool.run(new AbortController().signal);
    expect(runs).toEqual(Array.from({ length: 80_000 }, (_, at) => (at < 40_000 ? 0 : 1)));
    // and what one slice of its virtual time may bring
    expect(most).toBeLessThan(LINES_AHEAD_MAX + 8_192);
  });
});

describe("the threads of a series", () => {
  const moody = new URL("./support/threads/moody.ts", import.meta.url);

  function pool(runs: number, threads: number, onEnd: (run: RunEnd) => void = () => {}) {
    const ends: RunEnd[] = [];
    const ledger = {
      get head() {
        return ends.length;
      },
      get isFull() {
        return ends.length === runs;
      },
    };
    return {
      ends,
      pool: new ThreadPool({
        threads,
        entry: moody,
        ledger,
        setup: { spec: specOf(runs), lines: false, progressStep: 1, wallMsMax: undefined },
        onProgress: () => {},
        onLines: () => {},
        onEnd: (run) => {
          ends.push(run);
          onEnd(run);
        },
      }),
    };
  }

  test("a run that takes its thread with it has failed, by name; the others go on", async () => {
    const { ends, pool: threads } = pool(9, 2);
    await threads.run(new AbortController().signal);
    const failed = ends.filter((end) => "failed" in end).toSorted((a, b) => a.index - b.index);
    expect(failed).toEqual([
      { index: 2, failed: "its thread crashed: boom" },
      { index: 4, failed: "no luck" },
      { index: 6, failed: "its thread ended" },
    ]);
    expect(ends.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
  });

  test("a thread that finished cleanly takes the next run", async () => {
    const { ends, pool: threads } = pool(9, 1);
    await threads.run(new AbortController().signal);
    const thread = (index: number): unknown =>
      (ends.find((end) => end.index === index) as unknown as { threadId: number }).threadId;
    expect(thread(0)).toBe(thread(1));
    expect(thread(3)).not.toBe(thread(1));
    expect(thread(7)).toBe(thread(8));
  });

  test("are all gone when the series is stopped", async () => {
    const abort = new AbortController();
    const { ends, pool: threads } = pool(10, 2, () => {
      // run 9 never ends by itself
      if (ends.length === 9) abort.abort();
    });
    await threads.run(abort.signal);
    expect(ends).toHaveLength(9);
  });

  test("give what a caller's function throws back to the caller", async () => {
    const { pool: threads } = pool(3, 1, () => {
      throw new Error("not mine");
    });
    await expect(threads.run(new AbortController().signal)).rejects.toThrow("not mine");
  });

  test.each<[string, object, RunOptions, number]>([
    ["one for so little work", {}, {}, 1],
    ["as many as there are cores", { workload: { messages: 10_000 } }, {}, 8],
    ["one for each 20 000 messages", { workload: { messages: 500 } }, {}, 3],
    ["no more than allowed", { workload: { messages: 10_000 } }, { limits: { threadsMax: 2 } }, 2],
    ["as many as asked for", {}, { threads: 5 }, 5],
    ["no more than runs", {}, { threads: 200 }, 100],
    ["one on sockets", { mode: "real", workload: { messages: 10_000 } }, {}, 1],
    ["as many as asked for on sockets", { mode: "real" }, { threads: 3 }, 3],
    [
      "one on sockets where lines are wanted",
      { mode: "real" },
      { threads: 3, onExchange: () => {} },
      1,
    ],
    ["one for parts that cannot be sent", {}, { threads: 3, parts: {} }, 1],
  ])("are %s", (_, more, options, threads) => {
    expect(threadsFor(specOf(100, more), options, 8)).toBe(threads);
  });
});

describe("progress of a series", () => {
  test("counts running and finished runs, about a hundred times, and never goes back", () => {
    const told: number[] = [];
    const meter = new Meter(specOf(30), ({ done }) => told.push(done));
    meter.settle(1, 9);
    meter.settle(0, 5);
    meter.end(1);
    meter.settle(0, 6);
    meter.end(0);
    meter.close();
    // 300 messages: a step is 3
    expect(told).toEqual([9, 14, 20, 20]);
  });
});

describe("a run of a series that fails", () => {
  const failing = (fails: (run: number) => boolean): RunOptions => {
    let run = -1;
    return {
      parts: {
        createClient: (options) => {
          run += 1;
          if (fails(run)) throw new Error("no client\nat a place nobody should read about");
          return createClient(options);
        },
      },
    };
  };

  test("is named, makes the verdict an error, and leaves the others", async () => {
    const { result } = await runExperiment(
      specOf(5),
      failing((run) => run === 2),
    );
    expect(result.verdict).toBe("error");
    expect(result.reasons).toEqual(["run 2 (seed 102) failed: no client"]);
    expect(result.runs?.map(({ seed }) => seed)).toEqual([100, 101, 103, 104]);
    expect(result.counts.messages).toBe(40);
  });

  test("twenty times ends the series: the laboratory is broken", async () => {
    const all = await runExperiment(
      specOf(30),
      failing(() => true),
    );
    expect(all.result.reasons).toHaveLength(12);
    expect(all.result.reasons.at(-1)).toBe(
      "stopped after 20 failed runs: 0 of 30 runs had finished",
    );
    const nearly = await runExperiment(
      specOf(30),
      failing((run) => run < 19),
    );
    expect(nearly.result.runs).toHaveLength(11);
  });

  test("is none where a caller's own function throws: that is the caller's", async () => {
    const onExchange = (): void => {
      throw new Error("not mine");
    };
    for (const threads of [1, 2]) {
      await expect(runExperiment(specOf(3), { onExchange, threads })).rejects.toThrow("not mine");
    }
  });
});
