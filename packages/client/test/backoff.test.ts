/** Waits are values, so each of these tests is a list of numbers. */
import fc from "fast-check";
import { seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { Backoff, BackoffOptions } from "../src/backoff.ts";
import { createBackoff } from "../src/backoff.ts";

const HIGHEST = 0xffff_ffff;

/** The first waits in ms, with the same draw for each. */
function delaysMs(options: BackoffOptions, count: number, draw = 0): number[] {
  const delays: number[] = [];
  let backoff: Backoff = createBackoff(options);
  for (let index = 0; index < count; index++) {
    const step = backoff.next(draw);
    delays.push(step.delayUs / 1000);
    backoff = step.backoff;
  }
  return delays;
}

describe("backoff", () => {
  test("constant waits the same each time", () => {
    expect(delaysMs({ kind: "constant", firstMs: 250, jitter: "none" }, 4)).toEqual([
      250, 250, 250, 250,
    ]);
  });

  test("exponential doubles up to its maximum and stays there", () => {
    const delays = delaysMs({ firstMs: 100, maxMs: 1000, jitter: "none" }, 6);
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test("the factor is obeyed with every jitter, not only without", () => {
    // The ceiling shows itself at the highest draw (cockatiel ignores the exponent there).
    for (const jitter of ["none", "full", "equal"] as const) {
      const delays = delaysMs({ firstMs: 100, factor: 3, maxMs: 5000, jitter }, 4, HIGHEST);
      expect(delays).toEqual([100, 300, 900, 2700]);
    }
  });

  test("full jitter reaches from nothing to the ceiling, equal jitter from half of it", () => {
    expect(delaysMs({ firstMs: 100, jitter: "full" }, 3, 0)).toEqual([0, 0, 0]);
    expect(delaysMs({ firstMs: 100, jitter: "equal" }, 3, 0)).toEqual([50, 100, 200]);
    expect(delaysMs({ firstMs: 100, jitter: "full" }, 3, HIGHEST)).toEqual([100, 200, 400]);
  });

  test("decorrelated draws between the first wait and three times the last", () => {
    const options = { kind: "decorrelated", firstMs: 100, maxMs: 2000 } as const;
    expect(delaysMs(options, 4, 0)).toEqual([100, 100, 100, 100]);
    expect(delaysMs(options, 4, HIGHEST)).toEqual([300, 900, 2000, 2000]);
  });

  test("the default is exponential from 100 ms to 5 s with full jitter", () => {
    expect(delaysMs({}, 8, HIGHEST)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(delaysMs({}, 2, 0)).toEqual([0, 0]);
  });

  test("one backoff serves many operations: taking a step changes nothing", () => {
    const backoff = createBackoff({ firstMs: 100, jitter: "none" });
    backoff.next(0).backoff.next(0);
    expect(backoff.next(0).delayUs).toBe(100_000);
  });

  test("no wait is ever above its maximum, negative, or no integer, in 100 000 attempts", () => {
    const options = fc.record({
      kind: fc.constantFrom("constant", "exponential", "decorrelated"),
      firstMs: fc.double({ min: 0, max: 86_400_000, noNaN: true }),
      factor: fc.double({ min: 1, max: Number.MAX_VALUE, noNaN: true }),
      jitter: fc.constantFrom("none", "full", "equal"),
    } as const);
    const draws = fc.array(fc.integer({ min: 0, max: HIGHEST }), { minLength: 1, maxLength: 7 });
    const property = fc.property(options, draws, (given, cycle) => {
      let backoff = createBackoff({ ...given, maxMs: 86_400_000 });
      let isGood = true;
      for (let attempt = 0; attempt < 1000; attempt++) {
        const step = backoff.next(cycle[attempt % cycle.length] ?? 0);
        const { delayUs } = step;
        isGood &&= Number.isSafeInteger(delayUs) && delayUs >= 0 && delayUs <= 86_400_000_000;
        backoff = step.backoff;
      }
      return isGood;
    });
    fc.assert(property, { numRuns: 100, seed: seed() });
  });

  test("100 000 attempts of one operation end at the ceiling, not at NaN", () => {
    const delays = delaysMs({ firstMs: 1, factor: 1e300, maxMs: 5000, jitter: "none" }, 100_000);
    expect(delays.at(-1)).toBe(5000);
    expect(Math.max(...delays.slice(0, 1000))).toBe(5000);
  });

  test.each([
    [{ kind: "linear" }, 'as "backoff.kind" must be one of "constant", "exponential"'],
    [{ firstMs: -1 }, '"backoff.firstMs" must be a number of milliseconds of at least 0: got -1'],
    [{ firstMs: Number.NaN }, '"backoff.firstMs" must be a number of milliseconds of at least 0'],
    [{ factor: 0.5 }, '"backoff.factor" must be a finite number of at least 1: got 0.5'],
    [{ factor: Infinity }, '"backoff.factor" must be a finite number of at least 1: got Infinity'],
    [{ firstMs: 200, maxMs: 100 }, '"backoff.maxMs" must be at least "backoff.firstMs", 200'],
    [{ maxMs: 86_400_001 }, '"backoff.maxMs" must be a number of milliseconds of at most 86400000'],
    [{ jitter: "some" }, '"backoff.jitter" must be one of "none", "full", "equal": got "some"'],
  ])("%j is refused with the option, the rule and the value", (options, message) => {
    expect(() => createBackoff(options as BackoffOptions)).toThrow(message);
  });
});
