/** When an endpoint is ejected, for how long, and how many at once: a value without a clock. */
import fc from "fast-check";
import { seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { Outliers } from "../src/index.ts";
import { createOutliers } from "../src/index.ts";

const SECOND = 1_000_000;

/** Fails an endpoint until it is ejected, and tells for how many seconds. */
function ejectionSeconds(outliers: Outliers, endpoint: number, nowUs: number): number {
  for (let call = 0; call < 5; call++) {
    const [ejection] = outliers.record(endpoint, false, nowUs);
    if (ejection !== undefined) return ejection.forUs / SECOND;
  }
  return 0;
}

describe("failures in a row", () => {
  test("eject at the fifth, and not at the fourth", () => {
    const outliers = createOutliers(2);
    for (let call = 1; call <= 4; call++) expect(outliers.record(0, false, call)).toEqual([]);
    expect(outliers.isEjected(0, 5)).toBe(false);
    expect(outliers.record(0, false, 5)).toEqual([{ endpoint: 0, forUs: 30 * SECOND }]);
    expect([outliers.isEjected(0, 6), outliers.isEjected(1, 6)]).toEqual([true, false]);
    expect([outliers.ejections(0), outliers.ejections(1)]).toEqual([1, 0]);
  });

  test("are those without an answer between them", () => {
    const outliers = createOutliers(2);
    for (let call = 0; call < 100; call++) {
      expect(outliers.record(0, call % 5 === 4, call)).toEqual([]);
    }
  });

  test("begin anew after an ejection, whose stragglers count as nothing", () => {
    const outliers = createOutliers(2);
    expect(ejectionSeconds(outliers, 0, 0)).toBe(30);
    expect(ejectionSeconds(outliers, 0, 1)).toBe(0);
    expect(outliers.isEjected(0, 30 * SECOND - 1)).toBe(true);
    expect(outliers.isEjected(0, 30 * SECOND)).toBe(false);
  });
});

describe("an ejection", () => {
  test("is longer each time, up to the longest", () => {
    const outliers = createOutliers(2, { intervalMs: 86_400_000 });
    const lengths: number[] = [];
    for (let nowUs = 0; lengths.length < 12; nowUs += 301 * SECOND) {
      lengths.push(ejectionSeconds(outliers, 0, nowUs));
    }
    expect(lengths).toEqual([30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]);
  });

  test("is forgiven by every whole interval in which the endpoint is in", () => {
    /** Ejected twice, until 90 s; how long it is for the third time. */
    const third = (atSecond: number): number => {
      const outliers = createOutliers(2);
      expect(ejectionSeconds(outliers, 0, 0)).toBe(30);
      expect(ejectionSeconds(outliers, 0, 30 * SECOND)).toBe(60);
      return ejectionSeconds(outliers, 0, atSecond * SECOND);
    };
    expect([89, 90, 99, 100, 110, 120, 1000].map(third)).toEqual([0, 90, 90, 60, 30, 30, 30]);
  });
});

describe("how many are out at once", () => {
  test.each([
    [1, 10, 0],
    [2, 10, 1],
    [10, 10, 1],
    [19, 10, 1],
    [20, 10, 2],
    [4, 50, 2],
    [4, 100, 3],
    [4, 0, 1],
  ])("of %i endpoints and %i percent: %i", (endpoints, ejectedPercentMax, out) => {
    const outliers = createOutliers(endpoints, { ejectedPercentMax });
    for (let endpoint = 0; endpoint < endpoints; endpoint++) ejectionSeconds(outliers, endpoint, 1);
    const all = Array.from({ length: endpoints }, (_, endpoint) => endpoint);
    expect(all.filter((endpoint) => outliers.isEjected(endpoint, 2))).toHaveLength(out);
  });
});

describe("less success than the others", () => {
  /** Ten endpoints, each with its failures in a hundred calls of one interval. */
  function afterInterval(failures: readonly number[], calls = 100): readonly number[] {
    const successRate = { stdevFactor: 1.9 };
    const outliers = createOutliers(10, { successRate, consecutiveFailures: 1000 });
    failures.forEach((bad, endpoint) => {
      for (let call = 0; call < calls; call++) outliers.record(endpoint, call >= bad, 1);
    });
    return outliers.record(0, true, 10 * SECOND + 1).map(({ endpoint }) => endpoint);
  }

  test("ejects who is more than 1.9 standard deviations below the mean", () => {
    expect(afterInterval([0, 0, 0, 0, 0, 0, 0, 0, 0, 50])).toEqual([9]);
  });

  test("ejects nobody where all fail alike", () => {
    expect(afterInterval([50, 50, 50, 50, 50, 50, 50, 50, 50, 50])).toEqual([]);
  });

  test("says nothing of a hundred calls less one, nor of four endpoints", () => {
    expect(afterInterval([0, 0, 0, 0, 0, 0, 0, 0, 0, 50], 99)).toEqual([]);
    expect(afterInterval([0, 0, 0, 50])).toEqual([]);
  });

  test("is not asked for unless told", () => {
    const outliers = createOutliers(10, { consecutiveFailures: 1000 });
    for (let call = 0; call < 2000; call++) outliers.record(call % 10, call % 10 !== 9, 1);
    expect(outliers.record(0, true, 10 * SECOND + 1)).toEqual([]);
  });
});

test("whatever happens, never are more out than may, and an ejection ends when it said", () => {
  const calls = fc.array(
    fc.record({ endpoint: fc.nat(5), isGood: fc.boolean(), us: fc.nat(40 * SECOND) }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(calls, fc.integer({ min: 0, max: 100 }), (events, ejectedPercentMax) => {
      const options = { consecutiveFailures: 2, ejectedPercentMax, successRate: {} };
      const outliers = createOutliers(6, options);
      const until = new Map<number, number>();
      let nowUs = 0;
      for (const { endpoint, isGood, us } of events) {
        nowUs += us;
        for (const ejection of outliers.record(endpoint, isGood, nowUs)) {
          expect(ejection.forUs).toBeGreaterThanOrEqual(30 * SECOND);
          expect(ejection.forUs).toBeLessThanOrEqual(300 * SECOND);
          until.set(ejection.endpoint, nowUs + ejection.forUs);
        }
        const out = [0, 1, 2, 3, 4, 5].filter((each) => outliers.isEjected(each, nowUs));
        expect(out).toEqual(
          [...until]
            .filter(([, end]) => nowUs < end)
            .map(([each]) => each)
            .toSorted((one, other) => one - other),
        );
        expect(out.length).toBeLessThanOrEqual(
          Math.min(5, Math.max(1, Math.floor((6 * ejectedPercentMax) / 100))),
        );
      }
    }),
    { seed: seed() },
  );
});

test.each([
  [{ consecutiveFailures: 0 }, '"outliers.consecutiveFailures" must be an integer of at least 1'],
  [{ ejectedPercentMax: 101 }, '"outliers.ejectedPercentMax" must be an integer of at most 100'],
  [{ ejectionMsMax: 1000 }, '"outliers.ejectionMsMax" must be at least "outliers.baseEjectionMs"'],
  [{ intervalMs: 0 }, '"outliers.intervalMs" must be a number of milliseconds of at least 1'],
  [{ successRate: { endpointsMin: 1 } }, '"outliers.successRate.endpointsMin" must be'],
])("%j is refused by name", (options, message) => {
  expect(() => createOutliers(3, options)).toThrow(message);
});
