import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { checksums, crc32, crc32c, encodeFrame, useNativeCrc32 } from "../src/index.ts";
import { bytesOf, CHECKSUM_NAMES, draws, frameOf } from "./support.ts";

const CHECK = bytesOf("123456789");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();

/** One bit at a time, straight from the definition: slow, and obviously right. */
function naive(polynomialReflected: number, bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomialReflected : crc >>> 1;
    }
  }
  return ~crc >>> 0;
}

describe.each([
  { name: "crc32" as const, fn: crc32, reflected: 0xedb8_8320, check: 0xcbf4_3926 },
  { name: "crc32c" as const, fn: crc32c, reflected: 0x82f6_3b78, check: 0xe306_9283 },
])("$name", ({ fn, reflected, check }) => {
  test("gives the check value of the standard", () => {
    expect(fn(CHECK)).toBe(check);
    expect(fn(new Uint8Array(0))).toBe(0);
  });

  test("equals the definition, bit by bit, for any bytes and any part of them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
        const start = Math.min(a, b, bytes.length);
        const end = Math.min(Math.max(a, b), bytes.length);
        expect(fn(bytes, start, end)).toBe(naive(reflected, bytes.slice(start, end)));
      }),
    );
  });

  test("goes on from a seed: two parts give what the whole gives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, at) => {
        const cut = Math.min(at, bytes.length);
        expect(fn(bytes, cut, bytes.length, fn(bytes, 0, cut))).toBe(fn(bytes));
      }),
    );
  });

  test("changes with every single flipped bit of 200 bytes", () => {
    const bytes = new Uint8Array(200).map((_, index) => index * 7);
    const whole = fn(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      expect(fn(bytes)).not.toBe(whole);
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
    }
  });
});

describe("the catalogue", () => {
  test.each([
    ["none", 0, ""],
    ["crc32", 1, "CBF43926"],
    ["crc32c", 2, "E3069283"],
    ["sha1-32", 3, "F7C3BC1D"],
    ["sha256-128", 4, "15E2B0D3C33891EBB0F1EF609EC41942"],
  ] as const)("%s has its wire code, its size and its check value", (name, code, check) => {
    const checksum = checksums[name];
    expect([checksum.name, checksum.code, checksum.bytes]).toEqual([name, code, check.length / 2]);
    expect(hex(checksum.compute(CHECK))).toBe(check);
  });

  // A digest over 2000 inputs of every length, found with independent implementations: whatever
  // changes the function, ever, changes this.
  test.each([
    ["crc32", "6CF0FBA8"],
    ["crc32c", "BB52F1AE"],
    ["sha1-32", "9DDA34FC"],
    ["sha256-128", "75D6732D"],
  ] as const)("%s is the same function for ever", (name, pinned) => {
    const draw = draws(99);
    let digest = 0;
    for (let length = 0; length < 2000; length++) {
      const input = new Uint8Array(length % 512).map(() => draw() >>> 11);
      digest = naive(
        0xedb8_8320,
        Uint8Array.of(
          digest >>> 24,
          digest >>> 16,
          digest >>> 8,
          digest,
          ...checksums[name].compute(input),
        ),
      );
    }
    expect(digest.toString(16).toUpperCase().padStart(8, "0")).toBe(pinned);
  });

  test.each(CHECKSUM_NAMES)(
    "%s as a trailer covers header fields and payload, in that order",
    (name) => {
      const frame = encodeFrame(frameOf({ checksum: name }));
      const end = frame.length - checksums[name].bytes;
      const covered = Uint8Array.of(...frame.subarray(0, 36), ...frame.subarray(40, end));
      expect(frame.subarray(end)).toEqual(checksums[name].compute(covered));
    },
  );
});

describe("a native CRC-32", () => {
  afterEach(() => useNativeCrc32(undefined));
  const long = new Uint8Array(5000).map((_, index) => index * 13);

  test("is taken into use when it proves right, and gives the same numbers", () => {
    const expected = crc32(long, 3, 4999, 77);
    let calls = 0;
    const native = (bytes: Uint8Array, seed?: number): number => {
      calls++;
      return zlibCrc32(bytes, seed);
    };
    expect(useNativeCrc32(native)).toEqual({ ok: true });
    calls = 0;
    expect(crc32(long, 3, 4999, 77)).toBe(expected);
    expect(calls).toBe(1);
    crc32(long, 0, 255);
    expect(calls).toBe(1); // too short to be worth the call
  });

  test.each([
    ["a wrong check value", () => 1, /check value must be 3421780262: got 1/],
    [
      "a negative result",
      (b: Uint8Array, s?: number) => (b.length > 9 ? zlibCrc32(b, s) | 0 : zlibCrc32(b, s)),
      /no unsigned 32-bit integer: -\d+/,
    ],
    ["a result that goes wrong after many calls", goneWrong(), /call 15000 must be \d+: got \d+/],
    [
      "an exception",
      () => {
        throw new Error("not here");
      },
      /threw Error: not here/,
    ],
  ])("is refused for %s, and the tables stay in use", (_, native, reason) => {
    const before = crc32(long);
    const answer = useNativeCrc32(native);
    expect(answer).toEqual({ ok: false, reason: expect.stringMatching(reason) });
    expect(crc32(long)).toBe(before);
  });

  test("is dropped at the first impossible result after it was accepted", () => {
    let isBroken = false;
    expect(useNativeCrc32((b, s) => (isBroken ? -1 : zlibCrc32(b, s)))).toEqual({ ok: true });
    isBroken = true;
    expect(crc32(long)).toBe(zlibCrc32(long));
    isBroken = false;
    expect(crc32(long)).toBe(zlibCrc32(long));
  });
});

function goneWrong(): (bytes: Uint8Array, seed?: number) => number {
  let calls = 0;
  // The check value is the first call, the chain begins with the second.
  return (bytes, seed) =>
    (calls++ > 15_000 ? zlibCrc32(bytes, seed) ^ 1 : zlibCrc32(bytes, seed)) >>> 0;
}
