/** Many seeds, one result: the same bytes on any number of threads, and what is finished is kept. */
import { describe, expect, test } from "vitest";
import {
  type Counts,
  type ExchangeLine,
  type FullSpec,
  type RunOptions,
  type RunRow,
  parseSpec,
  runExperiment,
  specOfRun,
} from "../src/index.ts";
import { sha256Hex } from "../src/result/canonical.ts";

const FAULTS = [
  { id: "flip", kind: "corrupt", probability: 0.1 },
  { id: "drop", kind: "loss", direction: "both", probability: 0.1 },
];

function specOf(more: object): FullSpec {
  const parsed = parseSpec({
    specVersion: 1,
    mode: "simulated",
    workload: { messages: 120, clients: 3 },
    client: { attemptsMax: 2, attemptTimeoutMs: 50 },
    faults: FAULTS,
    phases: [
      { name: "calm", durationMs: 200 },
      { name: "after", durationMs: 200, faults: ["drop"] },
    ],
    assert: [
      { metric: "delivery.ratio", op: ">=", value: 0.9, confidence: 0.95 },
      { metric: "latencyMs.p50", op: "<", value: 100, phase: "calm" },
    ],
    ...more,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

async function series(spec: FullSpec, options: RunOptions = {}) {
  const lines: ExchangeLine[] = [];
  const rows: [number, RunRow][] = [];
  const { result } = await runExperiment(spec, {
    onExchange: (line) => lines.push(line),
    onRun: (row, index) => rows.push([index, row]),
    ...options,
  });
  return { result, lines, rows };
}

describe("a series", () => {
  const spec = specOf({ seeds: { base: 30, runs: 9 } });

  test("has the same body and the same lines on 1, 2 and 4 threads", async () => {
    const one = await series(spec, { threads: 1 });
    expect(one.result.runs?.map(({ seed }) => seed)).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38]);
    for (const threads of [4, 2]) {
      const many = await series(spec, { threads });
      expect(many.result.bodyHash).toBe(one.result.bodyHash);
      expect(many.lines).toEqual(one.lines);
      expect(many.rows).toEqual(one.rows);
    }
  });

  test("has a row for each run: what the run gives alone", async () => {
    const { result, rows } = await series(spec, { threads: 1 });
    expect(rows.map(([index]) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rows.map(([, row]) => row)).toEqual(result.runs);
    const row = result.runs?.[4];
    const alone = (await runExperiment(specOfRun(spec, 4))).result;
    expect(row).toMatchObject({
      seed: 34,
      verdict: alone.verdict,
      counts: alone.counts,
      digest: alone.digest,
      bodyHash: alone.bodyHash,
      replay: "npx -y pnpm@12 faultline run spec.json --seed 34",
    });
  });

  test("pools its runs: counts, latencies, phases and faults are the sums of the rows", async () => {
    const { result, lines } = await series(spec, { threads: 1 });
    const runs = result.runs ?? [];
    for (const name of Object.keys(result.counts) as (keyof Counts)[]) {
      const sum = runs.reduce((total, { counts }) => total + counts[name], 0);
      expect([name, result.counts[name]]).toEqual([name, sum]);
    }
    expect(result.delivery.ratio).toBe(result.counts.delivered / (9 * 120));
    expect(result.latencyMs.n).toBe(result.counts.delivered);
    expect(result.latencyMs.max).toBe(Math.max(...runs.map(({ latencyMs }) => latencyMs.max ?? 0)));
    for (const [index, fault] of result.faults.entries()) {
      const sum = runs.reduce((total, { faults }) => total + (faults[index]?.fired ?? 0), 0);
      expect([fault.id, fault.fired]).toEqual([fault.id, sum]);
    }
    expect(result.assertions[1]?.n).toBeGreaterThan(120);
    expect(lines).toHaveLength(9 * 120);
    expect([...new Set(lines.map(({ run }) => run))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("has the digest of its runs' digests, in their order", async () => {
    const { result } = await series(spec, { threads: 1 });
    const digests = result.runs?.map(({ digest }) => digest) ?? [];
    expect(new Set(digests).size).toBe(9);
    expect(result.digest).toBe(`sha256:${sha256Hex(digests.join("\n"))}`);
  });

  test("goes by its list, whatever the order of the seeds", async () => {
    const { result } = await series(specOf({ seeds: [33, 4, 30] }), { threads: 1 });
    expect(result).toMatchObject({
      seed: 33,
      replay: "npx -y pnpm@12 faultline run spec.json --seeds 33,4,30",
    });
    expect(result.runs?.map(({ seed }) => seed)).toEqual([33, 4, 30]);
    const whole = await series(spec, { threads: 1 });
    expect(result.runs?.[2]).toEqual(whole.result.runs?.[0]);
  });

  test("of one run has that run's figures and no spread", async () => {
    const { result } = await series(specOf({ seeds: [30] }));
    const alone = (await runExperiment(specOf({ seed: 30 }))).result;
    expect(result.counts).toEqual(alone.counts);
    expect(result.latencyMs).toEqual(alone.latencyMs);
    expect(result.faults).toEqual(alone.faults);
    expect(result.betweenRuns?.delivery.ratio).toMatchObject({ n: 1, sd: null, interval: null });
    expect([alone.runs, alone.betweenRuns]).toEqual([null, null]);
  });

  test("tells its progress in messages of all runs, up to the last", async () => {
    for (const threads of [1, 2]) {
      const told: number[] = [];
      await runExperiment(spec, {
        threads,
        onProgress: ({ done, total }) => {
          expect(total).toBe(9 * 120);
          told.push(done);
        },
      });
      expect(told).toEqual(told.toSorted((a, b) => a - b));
      expect(told.at(-1)).toBe(9 * 120);
      expect(told.length).toBeLessThanOrEqual(101);
      expect(told.length).toBeGreaterThan(1);
    }
  });

  test("on sockets goes one run after the other, and on threads if asked", async () => {
    const real = specOf({
      mode: "real",
      seeds: [1, 2, 3],
      workload: { messages: 30 },
      client: { attemptsMax: 9, backoff: { firstMs: 1, maxMs: 2 } },
      faults: [FAULTS[0]],
      phases: null,
      assert: [],
    });
    const { result, lines } = await series(real);
    expect(result.runs?.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    expect(result).toMatchObject({ verdict: "pass", digest: null });
    expect(lines.map(({ run }) => run)).toEqual(
      [0, 1, 2].flatMap((run) => Array.from({ length: 30 }, () => run)),
    );
    const spread = await runExperiment(real, { threads: 2 });
    expect(spread.result.runs?.map(({ counts }) => counts.messages)).toEqual([30, 30, 30]);
  });
});

describe("a series that is stopped", () => {
  // so many that no thread can be through with them before the fourth is entered: see AHEAD_MAX
  const spec = specOf({ seeds: { base: 0, runs: 1_000 } });

  test.each([1, 2])("keeps the runs that are finished, on %d threads", async (threads) => {
    const abort = new AbortController();
    const { result, rows } = await series(spec, {
      threads,
      signal: abort.signal,
      onRun: (_, index) => {
        if (index === 3) abort.abort();
      },
    });
    const kept = result.runs?.length ?? 0;
    expect(kept).toBeGreaterThanOrEqual(4);
    expect(kept).toBeLessThan(1_000);
    expect(rows).toEqual([]);
    expect(result).toMatchObject({
      verdict: "inconclusive",
      reasons: [`aborted: ${kept} of 1000 runs had finished`],
      counts: { messages: kept * 120 },
    });
    const whole = await runExperiment(specOf({ seeds: { base: 0, runs: 4 } }), { threads: 1 });
    expect(result.runs?.slice(0, 4)).toEqual(whole.result.runs);
  });

  test("before it began has nothing, and says so", async () => {
    const { result } = await series(spec, { signal: AbortSignal.abort(), threads: 2 });
    expect(result).toMatchObject({
      verdict: "inconclusive",
      runs: [],
      counts: { messages: 0 },
      delivery: { ratio: null, interval: null },
      latencyMs: { n: 0, mean: null },
    });
    expect(result.reasons[0]).toBe("aborted: 0 of 1000 runs had finished");
  });

  test("by its wall limit says which", async () => {
    const long = specOf({ seeds: { base: 0, runs: 10_000 }, workload: { messages: 1_000 } });
    const { result } = await series(long, { limits: { wallMsMax: 50 } });
    expect(result.reasons[0]).toMatch(
      /^stopped at the wall limit of 50 ms: \d+ of 10000 runs had finished$/,
    );
    expect(result.verdict).toBe("inconclusive");
  });
});

test.each([0, 1.5, 257, Number.NaN])("a run refuses %d threads", async (threads) => {
  await expect(runExperiment(specOf({ seed: 1 }), { threads })).rejects.toThrow(
    `Cannot run as "threads" must be a whole number from 1 to 256: got ${threads}`,
  );
});
