/** The statistics against published figures, exact sums and simple simulations with their own draws. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatencySample } from "../src/statistics/latency.ts";
import { normalCdf, zOf } from "../src/statistics/normal.ts";
import { nearestRank, quantileRanks, supports } from "../src/statistics/quantile.ts";
import { wilson, wilsonSampleSize } from "../src/statistics/wilson.ts";

describe("the normal distribution", () => {
  test("gives the textbook z of each confidence", () => {
    expect(zOf(0.95)).toBeCloseTo(1.959_963_984_540_054, 11);
    expect(zOf(0.99)).toBeCloseTo(2.575_829_303_548_901, 10);
    expect(zOf(0.5)).toBeCloseTo(0.674_489_750_196_082, 11);
    expect(zOf(0.9999)).toBeCloseTo(3.890_591_886_413, 8);
  });

  test("is symmetric, and flat beyond eight sigma", () => {
    for (const z of [0, 0.3, 1, 2.5, 6]) expect(normalCdf(z) + normalCdf(-z)).toBeCloseTo(1, 12);
    expect([normalCdf(9), normalCdf(-9)]).toEqual([1, 0]);
  });

  test("has no z for certainty", () => {
    for (const confidence of [0, 1, -1, NaN]) expect(() => zOf(confidence)).toThrow(RangeError);
  });
});

describe("the Wilson interval", () => {
  test("is the published one", () => {
    expect(wilson(1000, 1000)?.map((end) => Number(end.toFixed(5)))).toEqual([0.99617, 1]);
    expect(wilson(200, 200)?.map((end) => Number(end.toFixed(3)))).toEqual([0.981, 1]);
    // Newcombe 1998, table I: 81 of 263 and 15 of 148
    expect(wilson(81, 263)?.map((end) => Number(end.toFixed(4)))).toEqual([0.2553, 0.3662]);
    expect(wilson(15, 148)?.map((end) => Number(end.toFixed(4)))).toEqual([0.0624, 0.1605]);
  });

  test("ends exactly at 0 and 1, holds the observed share, and is null without a sample", () => {
    expect(wilson(0, 0)).toBeNull();
    fc.assert(
      fc.property(fc.nat(1_000), fc.integer({ min: 1, max: 1_000 }), (k, n) => {
        const successes = Math.min(k, n);
        const [low, high] = wilson(successes, n) ?? [1, 0];
        expect(low).toBeLessThanOrEqual(successes / n);
        expect(high).toBeGreaterThanOrEqual(successes / n);
        expect(low === 0).toBe(successes === 0);
        expect(high === 1).toBe(successes === n);
      }),
    );
  });

  test("covers a known share about as often as it says", () => {
    // exact: the binomial probability of every k whose interval holds the share
    const n = 200;
    const share = 0.99;
    let weight = share ** n;
    let covered = 0;
    for (let k = n; k >= 0; k -= 1) {
      const [low, high] = wilson(k, n) ?? [1, 0];
      if (low <= share && share <= high) covered += weight;
      weight *= (k / (n - k + 1)) * ((1 - share) / share);
    }
    expect(covered).toBeGreaterThan(0.93);
    expect(covered).toBeLessThan(0.98);
  });

  test("says how many messages would decide", () => {
    const size = wilsonSampleSize(200, 200, 0.99, 0.95) ?? 0;
    expect(wilson(size, size)?.[0]).toBeGreaterThan(0.99);
    expect(size).toBeLessThan(400);
    expect(wilson(Math.floor(size * 0.97), Math.floor(size * 0.97))?.[0]).toBeLessThan(0.99);
    // a share that is the threshold itself is never decided
    expect(wilsonSampleSize(50, 100, 0.5, 0.95)).toBeNull();
    expect(wilsonSampleSize(0, 0, 0.5, 0.95)).toBeNull();
  });
});

describe("quantiles", () => {
  test("need as many observations as bound them: 6, 36, 72, 368, 3688", () => {
    const cases = [
      [0.5, 6],
      [0.9, 36],
      [0.95, 72],
      [0.99, 368],
      [0.999, 3688],
    ] as const;
    for (const [q, n] of cases) expect([supports(q, n - 1), supports(q, n)]).toEqual([false, true]);
    expect(supports(0.5, 0)).toBe(false);
  });

  test("are taken by nearest rank", () => {
    expect(nearestRank(0.5, 10)).toBe(5);
    expect(nearestRank(0.99, 1_000)).toBe(990);
    expect(nearestRank(0.9, 7)).toBe(7);
    expect(nearestRank(0.001, 5)).toBe(1);
  });

  test("have the published ranks as their interval", () => {
    expect(quantileRanks(0.99, 1_000, 0.95)).toEqual({ lower: 983, upper: 997 });
    expect(quantileRanks(0.95, 1_000, 0.95)).toEqual({ lower: 936, upper: 964 });
    expect(quantileRanks(0.999, 10_000, 0.95)).toEqual({ lower: 9_983, upper: 9_997 });
  });

  test("have no upper end where the sample gives none, and nothing without a sample", () => {
    expect(quantileRanks(0.9, 35, 0.95).upper).toBeNull();
    expect(quantileRanks(0.9, 36, 0.95).upper).toBe(36);
    expect(quantileRanks(0.5, 5, 0.95)).toEqual({ lower: null, upper: null });
    expect(quantileRanks(0.5, 0, 0.95)).toEqual({ lower: null, upper: null });
  });

  test("have an interval that covers as it says, for any quantile and sample", () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 250 }), fc.constantFrom(0.5, 0.9), (n, q) => {
        const { lower, upper } = quantileRanks(q, n, 0.95);
        let weight = (1 - q) ** n;
        let covered = 0;
        for (let k = 0; k <= n; k += 1) {
          if (k >= (lower ?? 0) && k <= (upper ?? Infinity) - 1) covered += weight;
          weight *= ((n - k) / (k + 1)) * (q / (1 - q));
        }
        expect(covered).toBeGreaterThanOrEqual(0.95 - 1e-9);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a latency sample", () => {
  test("knows least, greatest and mean exactly, and quantiles to three digits", () => {
    const sample = new LatencySample();
    for (let ms = 1; ms <= 4_000; ms += 1) sample.record(ms * 1_000);
    const summary = sample.summary();
    expect(summary).toMatchObject({ n: 4_000, min: 1, mean: 2_000.5, max: 4_000 });
    expect(summary.p50).toBeCloseTo(2_000, -1);
    expect(summary.p999 ?? 0).toBeGreaterThanOrEqual(3_996);
    expect(summary.p999 ?? 0).toBeLessThanOrEqual(4_000);
  });

  test("is null where it says nothing", () => {
    const nothing = { min: null, mean: null, p50: null, p90: null, p95: null, p99: null };
    expect(new LatencySample().summary()).toEqual({ n: 0, ...nothing, p999: null, max: null });
    const few = new LatencySample();
    for (let n = 0; n < 100; n += 1) few.record(n);
    expect(few.summary()).toMatchObject({ p99: null, p999: null });
    expect(few.summary().p95).not.toBeNull();
  });

  test("takes an hour beside a microsecond, and a clock that went back as 0", () => {
    const sample = new LatencySample();
    for (const us of [1, 3_600_000_000, -5]) sample.record(us);
    expect(sample.summary()).toMatchObject({ n: 3, min: 0, max: 3_600_000 });
  });

  test("gives quantile intervals in milliseconds, open where they are", () => {
    const sample = new LatencySample();
    for (let ms = 1; ms <= 1_000; ms += 1) sample.record(ms * 1_000);
    const [low, high] = sample.interval(0.99, 0.95);
    expect(low ?? 0).toBeCloseTo(983, 0);
    expect(Math.abs((high ?? 0) - 997)).toBeLessThan(1);
    expect(new LatencySample().interval(0.99, 0.95)).toEqual([null, null]);
  });
});
