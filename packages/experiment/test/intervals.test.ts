/** Intervals of differences and means against the figures their papers print, or a table. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BATCHES_MIN, BatchSeries, OBSERVATIONS_MIN } from "../src/statistics/batch-means.ts";
import { LatencySample } from "../src/statistics/latency.ts";
import { meanOf, meanSampleSize, pairedMean } from "../src/statistics/mean.ts";
import { newcombe } from "../src/statistics/newcombe.ts";
import { mcnemar, pairedDifference } from "../src/statistics/paired.ts";
import { quantileSampleSize } from "../src/statistics/quantile.ts";
import { studentT } from "../src/statistics/student.ts";

const digits = (interval: readonly number[] | null, count: number) =>
  interval?.map((end) => Number(end.toFixed(count)));

describe("the difference of two independent proportions", () => {
  // Newcombe 1998, Statistics in Medicine 17:873-890, table II, examples (a) to (h), method 10
  test.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [0, 10, 0, 10, -0.2775, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])("%i of %i less %i of %i is from %f… as published", (a, m, b, n, low, high) => {
    const interval = newcombe({ successes: a, n: m }, { successes: b, n });
    expect(digits(interval, 4)).toEqual([low, high]);
  });

  test("is null without a sample, and turns round with its sides", () => {
    const share = fc.tuple(fc.nat(300), fc.nat(300)).map(([k, more]) => ({
      successes: k,
      n: k + more + 1,
    }));
    expect(newcombe({ successes: 0, n: 0 }, { successes: 1, n: 2 })).toBeNull();
    expect(newcombe({ successes: 1, n: 2 }, { successes: 0, n: 0 })).toBeNull();
    fc.assert(
      fc.property(share, share, (a, b) => {
        const [low, high] = newcombe(a, b) ?? [1, -1];
        const [back, front] = newcombe(b, a) ?? [1, -1];
        expect(low).toBeCloseTo(-front, 12);
        expect(high).toBeCloseTo(-back, 12);
        const difference = a.successes / a.n - b.successes / b.n;
        expect(low).toBeLessThanOrEqual(difference);
        expect(high).toBeGreaterThanOrEqual(difference);
      }),
    );
  });
});

describe("two proportions of the same messages", () => {
  test("McNemar's p-values are the published ones", () => {
    // Fagerland, Lydersen and Laake 2013, table 1: 1 and 7 of 21 children changed
    const { exact, midP } = mcnemar({ onlyFirst: 1, onlySecond: 7 });
    expect([exact.toFixed(4), midP.toFixed(4)]).toEqual(["0.0703", "0.0391"]);
    // Armitage and Berry 1994, p. 127, two media for tubercle bacilli: 12 and 2
    expect(mcnemar({ onlyFirst: 12, onlySecond: 2 }).exact.toFixed(4)).toBe("0.0129");
  });

  test("no difference is never evidence, and a large one is 0 beyond what a double can hold", () => {
    expect(mcnemar({ onlyFirst: 0, onlySecond: 0 })).toEqual({ exact: 1, midP: 1 });
    // the four of 4 and 4: 70 of 256, half of which is less extreme than itself
    expect(mcnemar({ onlyFirst: 4, onlySecond: 4 })).toEqual({ exact: 1, midP: 1 - 70 / 512 });
    expect(mcnemar({ onlyFirst: 5_000, onlySecond: 1 })).toEqual({ exact: 0, midP: 0 });
  });

  // Newcombe 1998, Statistics in Medicine 17:2635-2650, method 10; the last two as Fagerland 2014 has them
  test.each([
    [36, 12, 2, 0, 4, 0.0569, 0.3404],
    [54, 0, 0, 0, 4, -0.0664, 0.0664],
    [1, 1, 7, 12, 3, -0.507, -0.026],
    [59, 6, 16, 80, 3, -0.119, -0.005],
  ])("of %i, %i, %i, %i pairs have the published interval", (...given) => {
    const [both, onlyFirst, onlySecond, neither, places, low, high] = given;
    const interval = pairedDifference({ both, onlyFirst, onlySecond, neither });
    expect(digits(interval, places)).toEqual([low, high]);
  });

  test("say more than two independent samples of the same shares, where runs resemble each other", () => {
    const pairs = { both: 880, onlyFirst: 20, onlySecond: 5, neither: 95 };
    const [low] = pairedDifference(pairs) ?? [0];
    const [apart] = newcombe({ successes: 900, n: 1_000 }, { successes: 885, n: 1_000 }) ?? [0];
    expect(low).toBeGreaterThan(0);
    expect(apart).toBeLessThan(0);
    expect(pairedDifference({ both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 })).toBeNull();
  });
});

describe("Student's t", () => {
  test("is that of the tables", () => {
    const table = [1, 2, 3, 5, 10, 19, 30, 120].map((degrees) =>
      [0.95, 0.99].map((confidence) => studentT(confidence, degrees).toFixed(3)),
    );
    expect(table).toEqual([
      ["12.706", "63.657"],
      ["4.303", "9.925"],
      ["3.182", "5.841"],
      ["2.571", "4.032"],
      ["2.228", "3.169"],
      ["2.093", "2.861"],
      ["2.042", "2.750"],
      ["1.980", "2.617"],
    ]);
    // to ten digits, on both sides of where the sum gives way to the expansion
    expect(studentT(0.95, 400)).toBeCloseTo(1.965_912_343_229, 9);
    expect(studentT(0.95, 401)).toBeCloseTo(1.965_897_465_336, 9);
    expect(studentT(0.99, 1_000)).toBeCloseTo(2.580_754_698_066, 9);
  });

  test("falls towards the normal as degrees grow, without a step", () => {
    for (let degrees = 1; degrees < 500; degrees += 1) {
      expect(studentT(0.9, degrees)).toBeGreaterThan(studentT(0.9, degrees + 1));
    }
  });

  test("has no value for half a degree or for certainty", () => {
    for (const degrees of [0, -1, 1.5, NaN])
      expect(() => studentT(0.95, degrees)).toThrow(RangeError);
    expect(() => studentT(1, 5)).toThrow(RangeError);
  });
});

describe("the mean of independent observations", () => {
  test("has Student's interval: his own sleep data", () => {
    // Student 1908, Biometrika 6:1-25: hours gained by ten patients under two drugs
    const dextro = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const laevo = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const difference = pairedMean(laevo, dextro);
    expect(difference?.mean).toBeCloseTo(1.58, 12);
    expect(digits(difference?.interval ?? null, 3)).toEqual([0.7, 2.46]);
  });

  test("of one has no interval, of none is null, and pairs need partners", () => {
    expect(meanOf([4])).toEqual({ n: 1, mean: 4, interval: null });
    expect(meanOf([])).toBeNull();
    expect(meanOf([3, 3, 3])?.interval).toEqual([3, 3]);
    expect(() => pairedMean([1, 2], [1])).toThrow('"second" must be as long as "first", 2: got 1');
  });

  test("says how many would decide: four times as many halve the interval", () => {
    expect(meanSampleSize(100, 10, [8, 12], 11)).toBe(400);
    expect(meanSampleSize(100, 10, [8, 12], 10)).toBeNull();
    expect(meanSampleSize(100, 10, [8, 12], 10.000_001)).toBeNull();
  });
});

describe("the mean of a series, by batches", () => {
  function series(values: readonly number[]): BatchSeries {
    const growing = new BatchSeries();
    for (const value of values) growing.record(value);
    return growing;
  }

  test("is Student's over the batches, worked by hand", () => {
    // 128 observations in 32 batches of 4: sums 10, 14, 10, 14 … of mean 12, variance 128/31
    const values = Array.from({ length: 128 }, (_, n) => [1, 2, 3, 4, 2, 3, 4, 5][n % 8] ?? 0);
    const estimate = series(values).estimate();
    expect(estimate).toMatchObject({ mean: 3, batches: 32, batchSize: 4 });
    const half = (studentT(0.95, 31) * Math.sqrt(128 / 31 / 32)) / 4;
    expect(estimate?.interval?.[0]).toBeCloseTo(3 - half, 12);
    expect(estimate?.interval?.[1]).toBeCloseTo(3 + half, 12);
    // alternating batches are as unlike as can be: 1 - 31·16 / (2·128)
    expect(estimate?.lag1).toBeCloseTo(1 - (31 * 16) / 256, 12);
  });

  test("keeps between 32 and 63 batches, however long it grows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 20_000 }), (n) => {
        const { batches, batchSize } = series(
          Array.from({ length: n }, (_, index) => (index * 7_919) % 1_009),
        ).estimate() ?? { batches: 0, batchSize: 0 };
        expect(batches).toBeLessThan(64);
        expect(batches * batchSize).toBeLessThanOrEqual(n);
        expect((batches + 1) * batchSize).toBeGreaterThan(n);
      }),
      { numRuns: 30 },
    );
  });

  test("takes longer batches where neighbours are alike, and a wider interval with them", () => {
    // blocks of 32 equal observations, high and low in an order that does not repeat
    const blocks = Array.from({ length: 64 }, (_, n) => ((n * n * 31 + n * 17) % 97) * 10);
    const values = blocks.flatMap((value) => Array.from({ length: 32 }, () => value));
    const alike = series(values).estimate();
    const [low = 0, high = 0] = alike?.interval ?? [];
    const [naiveLow = 0, naiveHigh = 0] = meanOf(values)?.interval ?? [];
    expect(alike?.batchSize).toBeGreaterThanOrEqual(32);
    expect(high - low).toBeGreaterThan(3 * (naiveHigh - naiveLow));
  });

  test("has no interval where even the longest batches are alike", () => {
    const climbing = series(Array.from({ length: 5_000 }, (_, n) => n)).estimate();
    expect(climbing).toMatchObject({ mean: 2_499.5, interval: null });
    expect(climbing?.batches).toBeGreaterThanOrEqual(BATCHES_MIN);
    expect(climbing?.lag1).toBeGreaterThan(0.5);
  });

  test(`has none below ${OBSERVATIONS_MIN} observations, and is nothing of none`, () => {
    const values = Array.from({ length: OBSERVATIONS_MIN }, (_, n) => (n * 7) % 5);
    expect(series(values).estimate()?.interval).not.toBeNull();
    expect(series(values.slice(1)).estimate()?.interval).toBeNull();
    expect(new BatchSeries().estimate()).toBeNull();
    expect(series(Array.from({ length: 50 }, () => 7)).estimate()?.interval).toEqual([7, 7]);
  });

  test("is kept by a latency sample, in milliseconds", () => {
    const sample = new LatencySample();
    for (let n = 0; n < 200; n += 1) sample.record(n % 2 === 0 ? 1_000 : 3_000);
    const { mean, interval } = sample.mean(0.95) ?? { mean: 0, interval: null };
    expect(mean).toBe(2);
    expect(interval?.[0]).toBeGreaterThan(1);
    expect(interval?.[1]).toBeLessThan(3);
    expect(new LatencySample().mean(0.95)).toBeNull();
    // two samples in one have no order of recording
    const merged = new LatencySample();
    merged.add(sample.buckets());
    expect(merged.mean(0.95)).toBeNull();
    sample.add(merged.buckets());
    expect(sample.mean(0.95)).toBeNull();
  });
});

describe("how many would decide about a quantile", () => {
  test("is told by the share on this side of the threshold", () => {
    // 930 of 1000 below: a p90 is clearly below; 910 are not clear, some thousands would be
    const size = quantileSampleSize(910, 1_000, { q: 0.9, confidence: 0.95 }) ?? 0;
    expect(quantileSampleSize(930, 1_000, { q: 0.9, confidence: 0.95 })).toBe(1_000);
    expect(size).toBeGreaterThan(2_500);
    // 1.96² · 0.9 · 0.1 / 0.01² = 3457
    expect(size).toBeGreaterThan(3_300);
    expect(size).toBeLessThan(3_700);
    expect(quantileSampleSize(900, 1_000, { q: 0.9, confidence: 0.95 })).toBeNull();
  });

  test("a sample counts what is at most so many milliseconds", () => {
    const sample = new LatencySample();
    for (let ms = 1; ms <= 100; ms += 1) sample.record(ms * 1_000);
    expect([0.5, 1, 50.5, 99.1, 100, 1e9].map((ms) => sample.atMost(ms))).toEqual([
      0, 1, 50, 99, 100, 100,
    ]);
    expect(sample.quantile(0.5)).toBeCloseTo(50, 0);
    expect(new LatencySample().quantile(0.5)).toBeNull();
  });
});
