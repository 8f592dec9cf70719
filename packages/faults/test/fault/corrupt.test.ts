import fc from "fast-check";
import { expect, test } from "vitest";
import type { CorruptFault } from "../../src/index.ts";
import { PASS_DECISION } from "../../src/index.ts";
import { BYTES, chainOf, decideMany, deeds, onlyStats, unitOf } from "../helpers.ts";

type How = NonNullable<CorruptFault["how"]>;

function corrupted(how: How, bytes: Uint8Array, message = 0): Uint8Array {
  const decision = chainOf({ id: "flip", kind: "corrupt", how }).decide(
    unitOf({ bytes, message }),
    0,
  );
  expect(decision.replaced).toBe(true);
  return decision.bytes!;
}

/** Bits in which two arrays of one length differ. */
function bitsApart(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((sum, byte, at) => {
    const difference = (byte ^ other[at]!).toString(2);
    return sum + difference.replaceAll("0", "").length;
  }, 0);
}

test("corrupt flips one bit, where its record says", () => {
  const decision = chainOf({ id: "flip", kind: "corrupt" }).decide(unitOf(), 0);
  const [, bit, byte] = /^flip: flipped bit (\d) of byte (\d+)$/.exec(deeds(decision)[0]!)!;
  const expected = BYTES.slice();
  expected[Number(byte)]! ^= 1 << Number(bit);
  expect(decision.bytes).toEqual(expected);
});

test("corrupt flips every bit of a message equally often", () => {
  const chain = chainOf({ id: "flip", kind: "corrupt" });
  const counts = Array.from({ length: BYTES.length * 8 }, () => 0);
  for (const decision of decideMany(chain, 20_480)) {
    const at = decision.bytes!.findIndex((byte, index) => byte !== BYTES[index]);
    counts[at * 8 + Math.log2(decision.bytes![at]! ^ BYTES[at]!)]! += 1;
  }
  // 40 expected in each of 512 cells: a deviation of 6.3, and 6 of them to either side.
  expect(Math.min(...counts)).toBeGreaterThan(40 - 38);
  expect(Math.max(...counts)).toBeLessThan(40 + 38);
});

test("corrupt inverts one byte, as the original did", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), (bytes, message) => {
      const changed = corrupted("byte", bytes, message);
      const at = changed.findIndex((byte, index) => byte !== bytes[index]);
      expect(changed[at]! ^ bytes[at]!).toBe(0xff);
      expect(bitsApart(changed, bytes)).toBe(8);
    }),
  );
});

test("corrupt truncates to a beginning of the message: shorter, and not empty", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 300 }), fc.nat(), (bytes, message) => {
      const kept = corrupted("truncate", bytes, message);
      expect(kept.length > 0 && kept.length < bytes.length).toBe(true);
      expect(kept).toEqual(bytes.slice(0, kept.length));
    }),
  );
});

test("corrupt replaces by garbage of the same length, never by the message itself", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), (bytes, message) => {
      const noise = corrupted("garbage", bytes, message);
      expect(noise.length).toBe(bytes.length);
      expect(noise).not.toEqual(bytes);
    }),
  );
});

test("garbage that was drawn as the message itself is changed all the same", () => {
  // The noise of an empty-looking byte, fed back as the message: the draw is the same again.
  const noise = corrupted("garbage", Uint8Array.of(0));
  const [byte] = noise;
  expect([...corrupted("garbage", Uint8Array.of(byte!))]).toEqual([byte! ^ 0xff]);
});

test("garbage has about as many ones as zeros", () => {
  const noise = corrupted("garbage", new Uint8Array(4096));
  expect(Math.abs(bitsApart(noise, new Uint8Array(4096)) - 16_384)).toBeLessThan(4 * 91);
});

test("corrupt never touches the caller's bytes", () => {
  for (const how of ["bit", "byte", "truncate", "garbage"] as const) {
    const bytes = BYTES.slice();
    const changed = corrupted(how, bytes);
    expect(bytes).toEqual(BYTES);
    expect(changed.buffer).not.toBe(bytes.buffer);
  }
});

test("corrupt says what it did", () => {
  const did = (how: How): string =>
    deeds(chainOf({ id: "c", kind: "corrupt", how }).decide(unitOf(), 0))[0]!;
  expect(did("byte")).toMatch(/^c: inverted byte \d+$/);
  expect(did("truncate")).toMatch(/^c: cut 64 bytes to \d+$/);
  expect(did("garbage")).toBe("c: replaced 64 bytes by noise");
});

test("what has no byte to change, or none to cut off, is not eligible", () => {
  const chain = chainOf({ id: "flip", kind: "corrupt" });
  expect(chain.decide(unitOf({ bytes: new Uint8Array(0) }), 0)).toBe(PASS_DECISION);
  expect(chain.decide(unitOf({ bytes: new Uint8Array(1) }), 0).replaced).toBe(true);
  expect(onlyStats(chain).eligible).toBe(1);
  const cutting = chainOf({ id: "cut", kind: "corrupt", how: "truncate" });
  expect(cutting.decide(unitOf({ bytes: new Uint8Array(1) }), 0)).toBe(PASS_DECISION);
  expect(cutting.decide(unitOf({ bytes: new Uint8Array(2) }), 0).bytes!.length).toBe(1);
});
