/** Encrypted bytes are harmed at their place, however the engine hands them over. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Harm } from "../src/harm.ts";

const SIZE = 40;
const WHOLE = Uint8Array.from({ length: SIZE }, (_, index) => index);

/** What leaves of these pieces. */
function sent(harm: Harm, cuts: readonly number[]): number[] {
  const ends = [...new Set([...cuts, SIZE])].toSorted((a, b) => a - b);
  let from = 0;
  return ends.flatMap((end) => {
    const piece = WHOLE.slice(from, end);
    from = end;
    const given = piece.slice();
    const out = [...harm.of(piece)];
    // the engine's bytes are its own
    expect(piece).toEqual(given);
    return out;
  });
}

const place = fc.nat({ max: SIZE - 1 });
const cuts = fc.array(fc.integer({ min: 1, max: SIZE }), { maxLength: 6 });

test("one bit is flipped, and all else passes, in whatever pieces it comes", () => {
  fc.assert(
    fc.property(place, fc.nat({ max: 7 }), cuts, (at, bit, pieces) => {
      const harm = new Harm({ how: "flip", at, bit });
      const expected = [...WHOLE];
      expected[at]! ^= 1 << bit;
      expect(sent(harm, pieces)).toEqual(expected);
      expect(harm.isEnd).toBe(false);
    }),
  );
});

test("what is cut is sent up to its place, and nothing after it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: SIZE - 1 }), cuts, (at, pieces) => {
      const harm = new Harm({ how: "cut", at });
      expect(sent(harm, pieces)).toEqual([...WHOLE.subarray(0, at)]);
      expect(harm.isEnd).toBe(true);
      expect(harm.of(WHOLE)).toHaveLength(0);
    }),
  );
});
