/** Which numbers have come, against a plain set. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { NumbersSeen } from "../../src/packet/numbers.ts";

test("what has come is known as long as the gaps are few, and told in runs", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 80 }), { maxLength: 100 }), (numbers) => {
      const seen = new NumbersSeen();
      const known = new Set<number>();
      for (const number of numbers) {
        expect(seen.has(number)).toBe(known.has(number));
        if (!known.has(number)) seen.add(number);
        known.add(number);
      }
      const told = seen.ranges.flatMap(({ low, high }) =>
        Array.from({ length: high - low + 1 }, (_, at) => low + at),
      );
      expect(told.toSorted((a, b) => a - b)).toEqual([...known].toSorted((a, b) => a - b));
      expect(seen.largest).toBe(Math.max(-1, ...known));
      seen.ranges.forEach(({ low }, at) => {
        const below = seen.ranges[at + 1];
        if (below !== undefined) expect(below.high).toBeLessThan(low - 1);
      });
    }),
  );
});

test("with more gaps than it remembers, the oldest numbers count as come: none is taken twice", () => {
  const seen = new NumbersSeen(4);
  for (let number = 0; number < 10; number += 2) seen.add(number);
  expect(seen.ranges).toHaveLength(4);
  expect(seen.has(1)).toBe(false === seen.ranges.at(-1)!.low > 1);
  expect(seen.has(0)).toBe(true);
  expect(seen.has(3)).toBe(false);
  seen.settle(5);
  expect([1, 3, 5].map((number) => seen.has(number))).toEqual([true, true, true]);
  expect(seen.has(7)).toBe(false);
});
