/** The closed forms themselves, each against counting everything out or against a formula of its own. */
import { keyedUint32 } from "@faultline/faults";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSpec, type FullSpec } from "../src/index.ts";
import { burstsForecast } from "../src/oracle/bursts.ts";
import { forecastOf } from "../src/oracle/forecast.ts";
import { groupsOf } from "../src/oracle/groups.ts";
import { mixtureOf, quantileUs } from "../src/oracle/mixture.ts";
import { pausesOf } from "../src/oracle/pieces.ts";
import { waitOfMD1 } from "../src/oracle/queues.ts";
import { stepsOf } from "../src/oracle/span.ts";
import type { Sum } from "../src/oracle/terms.ts";
import { waitSums } from "../src/oracle/waits.ts";

function specOf(input: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, mode: "simulated", seed: 1, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

function momentsOfAll(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / values.length };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("times", () => {
  test("the sum of even parts and steps is what counting all of them gives", () => {
    const parts = [
      { kind: "even", toUs: 40 },
      { kind: "even", toUs: 70 },
      stepsOf([0, 0, 30]),
    ] as const;
    const law = mixtureOf([
      { weight: 1, span: { fixedUs: 100, parts } },
      { weight: 3, span: { fixedUs: 5, parts: [] } },
    ]);
    const sums = range(0, 40).flatMap((a) =>
      range(0, 70).flatMap((b) => [0, 0, 30].map((c) => 100 + a + b + c)),
    );
    for (const us of [4, 5, 99, 100, 130, 171, 200, 239, 240]) {
      const counted = sums.filter((sum) => sum <= us).length / sums.length;
      expect(law.atMost(us), `${us}`).toBeCloseTo((us >= 5 ? 0.75 : 0) + counted / 4, 3);
    }
    expect(quantileUs(law, 0.5)).toBe(5);
    expect(law.atMost(quantileUs(law, 0.9))).toBeGreaterThanOrEqual(0.9);
    expect(law.atMost(quantileUs(law, 0.9) - 1)).toBeLessThan(0.9);
  });

  test("decorrelated waits have the moments that counting every course gives", () => {
    const backoff = { kind: "decorrelated", factor: 2, jitter: "full" } as const;
    const sums = waitSums({ ...backoff, firstMs: 0.002, maxMs: 1 }, 3);
    // b … 3w for each w before, every whole microsecond alike; weights, since widths differ
    const courses: [number, number, number][] = [[2, 0, 1]];
    let states = courses;
    for (let retry = 1; retry <= 3; retry += 1) {
      states = states.flatMap(([wait, sum, weight]) => {
        const next = range(2, 3 * wait);
        return next.map((one): [number, number, number] => [one, sum + one, weight / next.length]);
      });
      const mean = states.reduce((all, [, sum, weight]) => all + sum * weight, 0);
      const variance = states.reduce((all, [, sum, weight]) => all + (sum - mean) ** 2 * weight, 0);
      expect(sums[retry]?.moments?.mean).toBeCloseTo(mean, 9);
      expect(sums[retry]?.moments?.variance).toBeCloseTo(variance, 9);
    }
    const clipped = waitSums({ ...backoff, firstMs: 0.002, maxMs: 0.01 }, 3);
    expect(clipped.map(({ moments }) => moments === undefined)).toEqual([false, false, true, true]);
  });

  test("the pieces of a slice are counted as they are drawn", () => {
    const drawn: number[] = [];
    // sizes of 1 … 5, the first never all of the 7 bytes
    const cut = (left: number, pieces: number, weight: number): void => {
      for (const size of range(1, 5)) {
        const rest = left - (pieces === 0 ? Math.min(size, 6) : Math.min(size, left));
        if (rest > 0) cut(rest, pieces + 1, weight / 5);
        else drawn[pieces] = (drawn[pieces] ?? 0) + weight / 5;
      }
    };
    cut(7, 0, 1);
    const { us, weights } = pausesOf(7, 3, 10);
    expect(us).toEqual(weights.map((_, pieces) => pieces * 10));
    for (const [pieces, weight] of weights.entries()) {
      expect(weight, `${pieces}`).toBeCloseTo(drawn[pieces] ?? 0, 12);
    }
  });
});

describe("one message after the other", () => {
  test("is the truncated geometric law", () => {
    const chance = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    const check = (f: number, n: number): void => {
      const faults = [{ id: "a", kind: "loss", answer: "error", probability: f }];
      const client = { attemptsMax: n, deadlineMs: 3_000_000, attemptTimeoutMs: 100 };
      const { delivered, counts } = forecastOf(specOf({ client, faults }));
      const attempts = counts.get("counts.attempts") as Sum;
      const { mean, variance } = delivered as Sum;
      expect(mean / 200).toBeCloseTo(1 - f ** n, 9);
      expect(variance / 200).toBeCloseTo((1 - f ** n) * f ** n, 9);
      expect(attempts.mean / 200).toBeCloseTo((1 - f ** n) / (1 - f), 6);
      const chances = range(1, n).map((k) => (k < n ? f ** (k - 1) * (1 - f) : f ** (n - 1)));
      const square = chances.reduce((sum, one, index) => sum + one * (index + 1) ** 2, 0);
      expect(attempts.variance / 200).toBeCloseTo(square - (attempts.mean / 200) ** 2, 6);
    };
    fc.assert(fc.property(chance, fc.integer({ min: 1, max: 12 }), check));
  });

  test("sorts messages into groups as counting them one by one does", () => {
    const few = fc.integer({ min: 1, max: 9 });
    const gates = fc.record({
      messages: fc.integer({ min: 1, max: 400 }),
      first: fc.option(fc.integer({ min: 1, max: 500 })),
      a: few,
      b: few,
    });
    const check = ({ messages, first, a, b }: Gates): void => {
      const faults = [
        { id: "one", kind: "loss", firstMessages: first, everyMessages: a },
        { id: "other", kind: "loss", everyMessages: b },
      ];
      const groups = groupsOf(specOf({ workload: { messages }, faults }));
      const counted = new Map<string, number>();
      for (const index of range(0, messages - 1)) {
        const one = (first === null || index < first) && (index + 1) % a === 0;
        const key = [one ? "one" : "", (index + 1) % b === 0 ? "other" : ""].join("");
        counted.set(key, (counted.get(key) ?? 0) + 1);
      }
      const found = groups.map((group): [string, number] => [
        group.faults.map(({ id }) => id).join(""),
        group.messages,
      ]);
      expect(new Map(found)).toEqual(counted);
    };
    fc.assert(fc.property(gates, check));
  });
});

interface Gates {
  readonly messages: number;
  readonly first: number | null;
  readonly a: number;
  readonly b: number;
}

/** A number of 0 … 1 for a key. */
const draw = (...key: number[]): number => (keyedUint32(7, 1, ...key) + 0.5) / 2 ** 32;

describe("neighbours that share their luck", () => {
  test("bursts: the variance of a sum is that of many runs of the chain", () => {
    const messages = 60;
    const [p, r, n] = [0.1, 0.25, 3];
    const spec = specOf({
      workload: { messages },
      client: { attemptsMax: n, attemptTimeoutMs: 100 },
      faults: [{ id: "a", kind: "burst-loss", p, r, lossInBad: 0.9, lossInGood: 0.1 }],
    });
    const attempts = range(1, 4_000).map((run) => {
      let bad = draw(run, 0) < p / (p + r);
      const states = range(1, messages + n).map((at) => {
        const now = bad;
        bad = draw(run, at) < (now ? 1 - r : p);
        return now;
      });
      let made = 0;
      for (const message of range(0, messages - 1)) {
        for (const attempt of range(0, n - 1)) {
          made += 1;
          const loss = states[message + attempt] ? 0.9 : 0.1;
          if (draw(run, 1_000 + message, attempt) >= loss) break;
        }
      }
      return made;
    });
    const theory = burstsForecast(spec).counts.get("counts.attempts") as Sum;
    const { mean, variance } = momentsOfAll(attempts);
    // 4000 runs know a mean to 1/63 of its deviation, a variance to 2.2 %
    expect(Math.abs(mean - theory.mean)).toBeLessThan((4 * Math.sqrt(theory.variance)) / 63);
    expect(variance / theory.variance).toBeGreaterThan(0.91);
    expect(variance / theory.variance).toBeLessThan(1.09);
  });

  test("M/D/1: the mean wait is Pollaczek's, and its variance that of many runs of the queue", () => {
    const { mean, variance, saved } = waitOfMD1(0.6, 1);
    expect(mean).toBeCloseTo(0.6 / (2 * (1 - 0.6)), 12);
    const each = 2_000;
    const means = range(1, 1_000).map((run) => {
      let [wait, sum] = [0, 0];
      for (const message of range(1, each)) {
        sum += wait;
        wait = Math.max(0, wait + 1 + Math.log(draw(run, message)) / 0.6);
      }
      return sum / each;
    });
    const found = momentsOfAll(means);
    const expected = mean - saved / each;
    expect(Math.abs(found.mean - expected)).toBeLessThan(4 * Math.sqrt(variance / each / 1_000));
    expect((found.variance * each) / variance).toBeGreaterThan(0.82);
    expect((found.variance * each) / variance).toBeLessThan(1.18);
  });
});
