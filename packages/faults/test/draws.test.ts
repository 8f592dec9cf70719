/** The draws of a fault for a unit, and how a chance is compared. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Draws, DRAW_RANGE, positionOf, thresholdOf } from "../src/draws.ts";
import { hashText, keyedUint32 } from "../src/index.ts";
import { unitOf } from "./helpers.ts";

test("a draw can be worked out by hand from the seed, the fault's id and the unit", () => {
  const unit = unitOf({ direction: "request", message: 2 ** 40 + 17, attempt: 3, copy: 2 });
  const { sessionHigh, sessionLow } = unit;
  const key = [sessionHigh, sessionLow, 0, 2 ** 8, 17, 3, 2, 5];
  expect(new Draws(42, "flip").at(unit).uint32(5)).toBe(keyedUint32(42, hashText("flip"), ...key));
});

test("every part of a unit's identity changes the draw, its bytes do not", () => {
  const draws = new Draws(42, "flip");
  const draw = draws.at(unitOf()).uint32(0);
  const changes = [
    { sessionHigh: 1 },
    { sessionLow: 1 },
    { direction: "request" },
    { message: 1 },
    { message: 2 ** 32 },
    { attempt: 2 },
    { copy: 1 },
  ] as const;
  for (const change of changes) expect(draws.at(unitOf(change)).uint32(0)).not.toBe(draw);
  expect(draws.at(unitOf({ bytes: new Uint8Array(9), stream: false })).uint32(0)).toBe(draw);
  expect(draws.at(unitOf()).uint32(1)).not.toBe(draw);
});

test("a chance of 1 is always and a chance of 0 is never", () => {
  expect(thresholdOf(1)).toBe(DRAW_RANGE);
  expect(thresholdOf(0)).toBe(0);
  // The largest draw there is stays below the one, the smallest is not below the other.
  expect(0xffffffff < thresholdOf(1)).toBe(true);
  expect(0 < thresholdOf(0)).toBe(false);
  expect(thresholdOf(0.5)).toBe(2 ** 31);
});

test("a number drawn below a limit stays below it, whatever the limit", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: DRAW_RANGE }), fc.nat(), (limit, index) => {
      const drawn = new Draws(1, "x").at(unitOf()).below(limit, index);
      expect(Number.isInteger(drawn) && drawn >= 0 && drawn < limit).toBe(true);
    }),
  );
});

test("numbers drawn below 10 are each of the ten equally often", () => {
  const counts = Array.from({ length: 10 }, () => 0);
  const draws = new Draws(1, "x").at(unitOf());
  for (let index = 0; index < 10_000; index += 1) counts[draws.below(10, index)]! += 1;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(900));
});

test("a retry stands where the next message does, and no place is beyond the integers", () => {
  expect(positionOf(unitOf({ message: 5, attempt: 3 }))).toBe(7);
  expect(positionOf(unitOf({ message: 0, attempt: 0 }))).toBe(0);
  const last = Number.MAX_SAFE_INTEGER;
  expect(positionOf(unitOf({ message: last, attempt: 2 }))).toBe(last);
});
