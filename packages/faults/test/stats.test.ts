/** Expectation, variance and z: closed forms, and sums that stay sums. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FaultStats, mergeFaultStats, zScore } from "../src/index.ts";
import type { Series } from "../src/fault.ts";
import { integerPower, SeriesTally, seriesVariance, thinned } from "../src/stats.ts";
import { FaultChain } from "../src/index.ts";
import { meanOf, onlyStats, planOf, sessionOf, unitOf } from "./helpers.ts";

/** The double sum that the closed form stands for. */
function varianceByHand(series: Series, count: number): number {
  let variance = count * series.mean * (1 - series.mean);
  for (let distance = 1; distance < count; distance += 1) {
    variance += 2 * (count - distance) * series.swing * series.memory ** distance;
  }
  return variance;
}

test("the closed form of a correlated series is the sum over all pairs", () => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  const memory = fc.double({ min: -1, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(chance, chance, memory, fc.integer({ min: 0, max: 60 }), (mean, swing, m, n) => {
      const series = { mean, swing, memory: m };
      expect(seriesVariance(series, n)).toBeCloseTo(varianceByHand(series, n), 6);
    }),
  );
});

test("a series that never changes has the variance of one draw, n times over", () => {
  const series = { mean: 0.5, swing: 0.25, memory: 1 };
  expect(seriesVariance(series, 10)).toBe(25);
});

test("powers are products", () => {
  fc.assert(
    fc.property(fc.double({ min: -1, max: 1, noNaN: true }), fc.nat({ max: 80 }), (base, n) => {
      expect(integerPower(base, n)).toBeCloseTo(base ** n, 9);
    }),
  );
});

test("z is how many deviations the count lies off, and null where chance had no say", () => {
  expect(zScore({ fired: 130, expected: 100, variance: 225 })).toBe(2);
  expect(zScore({ fired: 5, expected: 5, variance: 0 })).toBeNull();
});

test("stats of two workers add up, in either order", () => {
  const one: FaultStats = {
    id: "f",
    kind: "loss",
    eligible: 10,
    fired: 3,
    expected: 2.5,
    variance: 2,
  };
  const other = { ...one, eligible: 6, fired: 1, expected: 1.5, variance: 1.25 };
  const both = { ...one, eligible: 16, fired: 4, expected: 4, variance: 3.25 };
  expect(mergeFaultStats(one, other)).toEqual(both);
  expect(mergeFaultStats(other, one)).toEqual(both);
});

test("a series seen through a chance is less correlated, seen at a distance even less", () => {
  const series = { mean: 0.2, swing: 0.1, memory: 0.5 };
  expect(thinned(series, { share: 0.5, spacing: 3 })).toEqual({
    mean: 0.1,
    swing: 0.025,
    memory: 0.125,
  });
});

test("a series counts first attempts, and takes retries as they come", () => {
  const tally = new SeriesTally({ mean: 0.5, swing: 0, memory: 0 }, 10);
  for (const attempt of [1, 2, 3]) {
    tally.meet(unitOf({ attempt }));
    tally.fire(unitOf({ attempt }));
  }
  expect(tally.moments()).toEqual({ expected: 0.5 + 2, variance: 0.25 });
});

test("a forgotten session's variance is kept", () => {
  const tally = (sessionsMax: number): SeriesTally => {
    const made = new SeriesTally({ mean: 0.3, swing: 0.2, memory: 0.5 }, sessionsMax);
    for (let session = 0; session < 5; session += 1) {
      for (let n = 0; n < 4; n += 1) made.meet(unitOf({ sessionLow: session }));
    }
    return made;
  };
  expect(tally(1).moments().variance).toBeCloseTo(tally(5).moments().variance, 9);
});

test("z of burst-loss stays honest where only every so-many-th message is met", () => {
  const sessions = [sessionOf(0).hex, sessionOf(1).hex];
  const scores = Array.from({ length: 100 }, (_, seed) => {
    // Two clients, every 6th message of the run: every 3rd of client 1, none of client 0.
    const fault = { id: "b", kind: "burst-loss", everyMessages: 6 } as const;
    const chain = new FaultChain(planOf([fault], { seed, sessions }));
    for (let message = 0; message < 900; message += 1) {
      chain.decide(unitOf({ ...sessionOf(1), message }), 0);
    }
    expect(onlyStats(chain).eligible).toBe(300);
    return zScore(onlyStats(chain))!;
  });
  expect(Math.abs(meanOf(scores.map((z) => z * z)) - 1)).toBeLessThan(0.56);
});
