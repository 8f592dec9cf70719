/**
 * Whether 95 % means 95 %: two thousand samples of a known truth, and how often the stated interval
 * holds it.
 *
 * The draws are keyed, so the counts are the same on every machine; a share of 95 % over 2000 has a
 * standard deviation of 0.5 points, and 93 to 98 leaves four of them below. Sizes and shares are
 * ordinary ones: at the very ends of the scale every interval of a count jumps.
 */
import { hashText, keyedUint32 } from "@faultline/faults";
import { describe, expect, test } from "vitest";
import { parseSpec, runExperiment } from "../src/index.ts";
import { BatchSeries } from "../src/statistics/batch-means.ts";
import { meanOf } from "../src/statistics/mean.ts";
import { newcombe } from "../src/statistics/newcombe.ts";
import { type Pairs, pairedDifference } from "../src/statistics/paired.ts";
import { quantileRanks } from "../src/statistics/quantile.ts";
import { wilson } from "../src/statistics/wilson.ts";

const REPETITIONS = 2_000;
const COVERED_MIN = 0.93;
const COVERED_MAX = 0.98;

type Interval = readonly [number | null, number | null] | null | undefined;

/** Draws of one repetition: uniform, 0 ≤ u < 1. */
type Uniform = (n: number, stream?: number) => number;

/** How often the interval of a repetition holds the truth. */
function coverage(name: string, truth: number, interval: (draw: Uniform) => Interval): number {
  const id = hashText(name);
  let covered = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const draw: Uniform = (n, stream = 0) => keyedUint32(42, id, repetition, n, stream) / 2 ** 32;
    const [low, high] = interval(draw) ?? [Infinity, -Infinity];
    if ((low ?? -Infinity) <= truth && truth <= (high ?? Infinity)) covered += 1;
  }
  return covered / REPETITIONS;
}

function count(n: number, holds: (index: number) => boolean): number {
  let successes = 0;
  for (let index = 0; index < n; index += 1) if (holds(index)) successes += 1;
  return successes;
}

/** A skewed latency: the mean of an exponential is its scale. */
const exponential = (u: number): number => -Math.log(1 - u);

const CASES: readonly (readonly [string, number, (draw: Uniform) => Interval])[] = [
  [
    "Wilson, 0.9 of 100",
    0.9,
    (draw) =>
      wilson(
        count(100, (n) => draw(n) < 0.9),
        100,
      ),
  ],
  [
    "Wilson, 0.98 of 500",
    0.98,
    (draw) =>
      wilson(
        count(500, (n) => draw(n) < 0.98),
        500,
      ),
  ],
  [
    "Newcombe, 0.9 of 150 less 0.8 of 100",
    0.1,
    (draw) =>
      newcombe(
        { successes: count(150, (n) => draw(n) < 0.9), n: 150 },
        { successes: count(100, (n) => draw(n, 1) < 0.8), n: 100 },
      ),
  ],
  [
    "Newcombe, no difference",
    0,
    (draw) =>
      newcombe(
        { successes: count(200, (n) => draw(n) < 0.95), n: 200 },
        { successes: count(200, (n) => draw(n, 1) < 0.95), n: 200 },
      ),
  ],
  // two runs that share most of their fate: both lose the same tenth, one loses another
  ["paired, 0.9 less 0.8 of the same 200", 0.1, (draw) => pairedDifference(pairsOf(draw))],
  ["order statistics, p50 of 101", 0.5, (draw) => quantileInterval(draw, 101, 0.5)],
  ["order statistics, p90 of 500", 0.9, (draw) => quantileInterval(draw, 500, 0.9)],
  ["order statistics, p99 of 1000", 0.99, (draw) => quantileInterval(draw, 1_000, 0.99)],
  [
    "batch means of 640 independent exponentials",
    1,
    (draw) => batchInterval(640, (n) => exponential(draw(n))),
  ],
  ["batch means of 1500 uniforms", 0.5, (draw) => batchInterval(1_500, (n) => draw(n))],
  [
    "replication, the mean of 12 runs",
    0.5,
    (draw) => meanOf(Array.from({ length: 12 }, (_, n) => draw(n)))?.interval,
  ],
];

function pairsOf(draw: Uniform): Pairs {
  const pairs = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  for (let n = 0; n < 200; n += 1) {
    const first = draw(n) < 0.9;
    const second = first ? draw(n, 1) < 0.85 : draw(n, 1) < 0.35;
    if (first && second) pairs.both += 1;
    else if (first) pairs.onlyFirst += 1;
    else if (second) pairs.onlySecond += 1;
    else pairs.neither += 1;
  }
  return pairs;
}

function quantileInterval(draw: Uniform, n: number, q: number): Interval {
  const sorted = Float64Array.from({ length: n }, (_, index) => draw(index)).sort();
  const { lower, upper } = quantileRanks(q, n, 0.95);
  return [
    lower === null ? null : (sorted[lower - 1] ?? null),
    upper === null ? null : (sorted[upper - 1] ?? null),
  ];
}

/** In millionths, as latencies are: whole numbers. */
function batchInterval(n: number, value: (index: number) => number): Interval {
  const series = new BatchSeries();
  for (let index = 0; index < n; index += 1) series.record(Math.round(value(index) * 1e6));
  const interval = series.estimate()?.interval;
  return interval && [interval[0] / 1e6, interval[1] / 1e6];
}

describe("a stated 95 % interval holds the truth in 93 to 98 % of 2000 repetitions", () => {
  test.each(CASES)("%s", (name, truth, interval) => {
    const covered = coverage(name, truth, interval);
    expect(covered).toBeGreaterThanOrEqual(COVERED_MIN);
    expect(covered).toBeLessThanOrEqual(COVERED_MAX);
  });

  test("and the textbook interval would not: the check can fail", () => {
    const covered = coverage("Wald, 0.98 of 50", 0.98, (draw) => {
      const share = count(50, (n) => draw(n) < 0.98) / 50;
      const half = 1.96 * Math.sqrt((share * (1 - share)) / 50);
      return [share - half, share + half];
    });
    expect(covered).toBeLessThan(0.7);
  });

  test("also of whole simulated runs against the closed form of their spec", async () => {
    let covered = 0;
    for (let seed = 0; seed < REPETITIONS; seed += 1) {
      const parsed = parseSpec({
        specVersion: 1,
        mode: "simulated",
        seed,
        workload: { messages: 60, payloadBytes: 16 },
        client: { attemptsMax: 2, backoff: { kind: "constant", firstMs: 1, jitter: "none" } },
        faults: [{ id: "drop", kind: "loss", probability: 0.4, answer: "error" }],
      });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
      const { result } = await runExperiment(parsed.spec);
      const { interval, expected } = result.delivery;
      if (expected === null) throw new Error("a lossy spec has a closed form");
      const [low, high] = interval ?? [null, null];
      if ((low ?? 1) <= expected && expected <= (high ?? 0)) covered += 1;
    }
    expect(covered / REPETITIONS).toBeGreaterThanOrEqual(COVERED_MIN);
    expect(covered / REPETITIONS).toBeLessThanOrEqual(COVERED_MAX);
  });
});
