/** How far runs lie apart: by hand, and by what chance alone would do. */
import { describe, expect, test } from "vitest";
import type { RunRow } from "../src/index.ts";
import { betweenRuns, spread } from "../src/statistics/spread.ts";

function row(delivered: number, messages: number): RunRow {
  const counts = { messages, delivered, failed: messages - delivered, attempts: messages };
  return {
    counts,
    delivery: { ratio: delivered / messages },
    latencyMs: { mean: null, p50: null, p99: null, max: null },
    faults: [{ id: "drop", fired: messages - delivered }],
  } as unknown as RunRow;
}

describe("a spread", () => {
  test("of 2, 4, 4, 4, 5, 5, 7, 9 is the one of the textbook", () => {
    const { n, mean, sd, min, max, interval } = spread([2, 4, 4, 4, 5, 5, 7, 9]);
    expect([n, mean, min, max]).toEqual([8, 5, 2, 9]);
    // squares sum up to 32, over 7 degrees of freedom; t = 2.364624
    expect(sd).toBeCloseTo(Math.sqrt(32 / 7), 12);
    const half = (2.364624 * Math.sqrt(32 / 7)) / Math.sqrt(8);
    expect(interval?.[0]).toBeCloseTo(5 - half, 6);
    expect(interval?.[1]).toBeCloseTo(5 + half, 6);
  });

  test("of equal figures is exactly none", () => {
    const { mean, sd, interval } = spread([0.1, 0.1, 0.1]);
    expect([mean, sd, interval]).toEqual([0.1, 0, [0.1, 0.1]]);
  });

  test("leaves out runs that have no such figure, and is null where nobody has", () => {
    expect(spread([null, 3, null])).toMatchObject({ n: 1, mean: 3, sd: null, interval: null });
    expect(spread([null])).toMatchObject({ n: 0, mean: null, min: null, max: null });
  });
});

describe("between runs", () => {
  test("the dispersion is 1 where the runs differ as chance has it, and says how much more", () => {
    // mean 0.5 of 100 messages: chance gives a variance of 0.0025, and 45, 55 have 0.005
    expect(betweenRuns([row(45, 100), row(55, 100)]).delivery.dispersion).toBeCloseTo(2, 12);
    expect(betweenRuns([row(10, 100), row(90, 100)]).delivery.dispersion).toBeCloseTo(128, 12);
  });

  test("there is no dispersion where everything arrived, or of one run", () => {
    expect(betweenRuns([row(9, 9), row(9, 9)]).delivery.dispersion).toBeNull();
    expect(betweenRuns([row(4, 9)]).delivery.dispersion).toBeNull();
  });

  test("each main figure has its spread, faults by their id", () => {
    const { delivery, counts, latencyMs, faults } = betweenRuns([row(8, 10), row(6, 10)]);
    expect(delivery.ratio).toMatchObject({ n: 2, mean: 0.7, min: 0.6, max: 0.8 });
    expect(counts.failed).toMatchObject({ n: 2, mean: 3, min: 2, max: 4 });
    expect(latencyMs.p99).toMatchObject({ n: 0, mean: null });
    expect(faults).toMatchObject([{ id: "drop", fired: { n: 2, mean: 3, max: 4 } }]);
  });

  test("no run at all has no spread", () => {
    expect(betweenRuns([])).toMatchObject({
      delivery: { ratio: { n: 0 }, dispersion: null },
      faults: [],
    });
  });
});
