/** Pitfall 26. Waits that double overflow in the end, and then there is no wait at all. */
import { seed } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBackoff } from "../../src/index.ts";
import { naiveBackoffMs } from "@faultline/testkit/naive";

const ATTEMPTS = 100_000;

describe("a wait", () => {
  test("is finite, not negative and never above its maximum, after 100 000 attempts too", () => {
    const options = fc.record({
      kind: fc.constantFrom("constant", "exponential", "decorrelated"),
      firstMs: fc.integer({ min: 0, max: 86_400_000 }),
      factor: fc.double({ min: 1, max: 1e300, noNaN: true }),
      jitter: fc.constantFrom("none", "full", "equal"),
    });
    const property = fc.property(options, fc.nat(2 ** 32 - 1), (given, draw) => {
      let backoff = createBackoff({ ...given, maxMs: 86_400_000 });
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const step = backoff.next(draw);
        if (!(step.delayUs >= 0 && step.delayUs <= 86_400_000_000)) return false;
        if (!Number.isSafeInteger(step.delayUs)) return false;
        ({ backoff } = step);
      }
      return true;
    });
    fc.assert(property, { numRuns: 20, seed: seed() });
  });

  test("has a ceiling that never sinks, whatever it grows by", () => {
    const growth = fc.record({
      firstMs: fc.integer({ min: 0, max: 10_000 }),
      factor: fc.double({ min: 1, max: 1e300, noNaN: true }),
      maxMs: fc.integer({ min: 10_000, max: 86_400_000 }),
    });
    const property = fc.property(growth, (given) => {
      let backoff = createBackoff({ ...given, jitter: "none" });
      let last = 0;
      for (let attempt = 1; attempt <= 2000; attempt++) {
        const step = backoff.next(0);
        if (step.delayUs < last) return false;
        last = step.delayUs;
        ({ backoff } = step);
      }
      return last <= given.maxMs * 1000;
    });
    fc.assert(property, { numRuns: 200, seed: seed() });
  });

  test("keeps the ceiling it has reached, 100 000 attempts long", () => {
    let backoff = createBackoff({ firstMs: 100, maxMs: 5000, jitter: "none" });
    let last = 0;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const step = backoff.next(0);
      if (step.delayUs < last) throw new Error(`The wait shrank at attempt ${attempt}.`);
      last = step.delayUs;
      ({ backoff } = step);
    }
    expect(last).toBe(5_000_000);
  });

  test("of a naive client passes what a timer can hold, and then what a number can", () => {
    expect(naiveBackoffMs(100, 26)).toBeGreaterThan(2 ** 31 - 1);
    expect(naiveBackoffMs(100, 1030)).toBe(Infinity);
  });
});
