import fc from "fast-check";
import { expect, test } from "vitest";
import { PASS_DECISION } from "../../src/index.ts";
import { SLICE_PIECES_MAX } from "../../src/limits.ts";
import { chainOf, deeds, meanOf, onlyStats, unitOf } from "../helpers.ts";

function sizesOf(length: number, sliceBytes: number, message = 0): readonly number[] {
  const chain = chainOf({ id: "cut", kind: "slice", sliceBytes });
  return chain.decide(unitOf({ bytes: new Uint8Array(length), message }), 0).slice!.sizes;
}

test("slice cuts a message into pieces of 16 bytes on average, 1 ms apart", () => {
  const decision = chainOf({ id: "cut", kind: "slice" }).decide(unitOf(), 0);
  const { sizes, delayUs } = decision.slice!;
  expect(delayUs).toBe(1000);
  expect(deeds(decision)).toEqual([`cut: sliced into ${sizes.length} pieces, 1000 us apart`]);
  expect(Math.max(...sizes)).toBeLessThan(32);
});

test("pieces make up the whole message, none is empty and there are at least two", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 3000 }),
      fc.integer({ min: 1, max: 2999 }),
      fc.nat(),
      (length, sliceBytes, message) => {
        fc.pre(length > sliceBytes);
        const sizes = sizesOf(length, sliceBytes, message);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(length);
        expect(sizes.length).toBeGreaterThan(1);
        expect(sizes.every((size) => size > 0)).toBe(true);
      },
    ),
  );
});

test("pieces have the mean size that was asked for", () => {
  // The last piece is what remains, so it is left out.
  const sizes = sizesOf(20_000, 20).slice(0, -1);
  expect(Math.abs(meanOf(sizes) - 20)).toBeLessThan((4 * 11.3) / Math.sqrt(sizes.length));
});

test("slices of one byte are of one byte", () => {
  expect(sizesOf(5, 1)).toEqual([1, 1, 1, 1, 1]);
});

test("a message no longer than a slice stays whole and is not eligible", () => {
  const chain = chainOf({ id: "cut", kind: "slice", sliceBytes: 64 });
  expect(chain.decide(unitOf(), 0)).toBe(PASS_DECISION);
  expect(onlyStats(chain).eligible).toBe(0);
  expect(chain.decide(unitOf({ bytes: new Uint8Array(65) }), 0).slice).toBeDefined();
});

test("slice has no meaning on datagrams", () => {
  const chain = chainOf({ id: "cut", kind: "slice" });
  expect(chain.decide(unitOf({ stream: false }), 0)).toBe(PASS_DECISION);
});

test("up to 1024 pieces each piece is sliced; beyond, the last is what remains", () => {
  expect(sizesOf(SLICE_PIECES_MAX, 1).length).toBe(SLICE_PIECES_MAX);
  expect(sizesOf(SLICE_PIECES_MAX, 1).at(-1)).toBe(1);
  const sizes = sizesOf(SLICE_PIECES_MAX + 500, 1);
  expect(sizes.length).toBe(SLICE_PIECES_MAX);
  expect(sizes.at(-1)).toBe(501);
});

test("two slices cut wherever either cuts, with the longer pause", () => {
  const one = { id: "a", kind: "slice", sliceBytes: 20, delayMs: 1 } as const;
  const two = { id: "b", kind: "slice", sliceBytes: 30, delayMs: 3 } as const;
  const cuts = (sizes: readonly number[]): number[] => {
    let end = 0;
    return sizes.map((size) => (end += size));
  };
  const [a, b, both] = [[one], [two], [one, two]].map(
    (faults) => chainOf(...faults).decide(unitOf(), 0).slice!,
  );
  const union = new Set([...cuts(a!.sizes), ...cuts(b!.sizes)]);
  expect(cuts(both!.sizes)).toEqual([...union].toSorted((x, y) => x - y));
  expect(both!.delayUs).toBe(3000);
});

test("pieces fit the bytes that a later fault has cut short", () => {
  for (let message = 0; message < 50; message += 1) {
    const { bytes, slice } = chainOf(
      { id: "a", kind: "slice", sliceBytes: 20 },
      { id: "b", kind: "corrupt", how: "truncate" },
    ).decide(unitOf({ message }), 0);
    // One piece that is left over is no slicing any more.
    const sizes = slice?.sizes ?? [bytes!.length];
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes!.length);
    expect(slice === undefined || sizes.length > 1).toBe(true);
  }
});
