/** Clocks: skew is exact, and a timer fires at the first moment its clock shows its time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Skew } from "../src/clock.ts";
import { Simulation } from "../src/index.ts";

const skews = fc.record({
  offsetUs: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  rate: fc
    .tuple(fc.integer({ min: 1, max: 2 ** 26 }), fc.integer({ min: 1, max: 2 ** 26 }))
    .filter(([numerator, denominator]) => numerator <= 2 * denominator),
});

test("worldUs is the first time at which the clock shows localUs or more", () => {
  fc.assert(
    fc.property(skews, fc.nat({ max: 2 ** 45 }), (options, worldUs) => {
      const skew = new Skew(options);
      const localUs = skew.localUs(worldUs);
      expect(Number.isSafeInteger(localUs)).toBe(true);
      const first = skew.worldUs(localUs);
      expect(first).toBeLessThanOrEqual(worldUs);
      expect(skew.localUs(first)).toBeGreaterThanOrEqual(localUs);
      if (first > 0) expect(skew.localUs(first - 1)).toBeLessThan(localUs);
    }),
  );
});

test("a clock never goes backwards", () => {
  fc.assert(
    fc.property(
      skews,
      fc.nat({ max: 2 ** 45 }),
      fc.nat({ max: 1000 }),
      (options, atUs, laterUs) => {
        const skew = new Skew(options);
        expect(skew.localUs(atUs + laterUs)).toBeGreaterThanOrEqual(skew.localUs(atUs));
      },
    ),
  );
});

test("a clock that gains 50 parts in a million is an exact hour and 180 ms ahead after an hour", () => {
  const skew = new Skew({ offsetUs: 3_600_000_000, rate: [1_000_050, 1_000_000] });
  expect(skew.localUs(3_600_000_000)).toBe(2 * 3_600_000_000 + 180_000);
});

test("a process sees its own time, and its timers fire by it", () => {
  const simulation = new Simulation({ seed: 1 });
  const slow = simulation.addNode("slow", { skew: { offsetUs: 500, rate: [1, 2] } });
  const plain = simulation.addNode("plain");
  const seen: [string, number, number][] = [];
  for (const node of [slow, plain]) {
    node.clock.setTimer(node.clock.nowUs() + 1000, () => {
      seen.push([node.name, node.clock.nowUs(), simulation.nowUs]);
    });
  }
  simulation.run();
  expect(seen).toEqual([
    ["plain", 1000, 1000],
    ["slow", 1500, 2000],
  ]);
});

test("a local time that has passed means now", () => {
  const simulation = new Simulation({ seed: 1 });
  const { clock } = simulation.addNode("early", { skew: { offsetUs: -5000 } });
  let firedAtUs = -1;
  clock.setTimer(-9000, () => (firedAtUs = simulation.nowUs));
  simulation.run();
  expect(firedAtUs).toBe(0);
});

test("a skew that is no integer ratio, or more than double, is refused", () => {
  expect(() => new Skew({ rate: [1.5, 1] })).toThrow(/Cannot skew a clock as "rate\[0\]"/);
  expect(() => new Skew({ rate: [1, 0] })).toThrow(/"rate\[1\]"/);
  expect(() => new Skew({ rate: [21, 10] })).toThrow(/"rate" must be at most 2/);
  expect(() => new Skew({ offsetUs: 0.5 })).toThrow(/"offsetUs"/);
  expect(new Skew({ rate: [2, 1] }).localUs(3)).toBe(6);
});
