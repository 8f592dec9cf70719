/** Packets and their bytes: what is written is read, and what is not sound is nothing. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c, decodePacket, encodeFrame, isPacket } from "../../src/index.ts";
import { PacketWriter } from "../../src/packet/encode.ts";
import type { Ack, FragmentPart } from "../../src/packet/wire.ts";
import { frameOf } from "../support.ts";
import { CONNECTION, TOKEN } from "./support.ts";

const uint48 = fc.nat({ max: 2 ** 48 - 1 });

/** Ranges from gaps and lengths, the highest first. */
const acks: fc.Arbitrary<Ack> = fc
  .record({
    low: fc.nat({ max: 1000 }),
    runs: fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 })), {
      minLength: 1,
      maxLength: 32,
    }),
    delayUs: fc.nat({ max: 0xffff_ffff }),
  })
  .map(({ low, runs, delayUs }) => {
    let next = low;
    const ranges = runs.map(([came, missing]) => {
      const range = { low: next, high: next + came - 1 };
      next = range.high + 1 + missing;
      return range;
    });
    return { ranges: ranges.toReversed(), delayUs };
  });

const fragments: fc.Arbitrary<FragmentPart> = fc
  .record({
    message: uint48,
    index: fc.nat({ max: 9 }),
    more: fc.integer({ min: 1, max: 50 }),
    bytes: fc.uint8Array({ maxLength: 200 }),
  })
  .map(({ more, ...rest }) => ({ ...rest, count: rest.index + more }));

interface Parts {
  readonly number: number;
  readonly flags: number;
  readonly ack: Ack | undefined;
  readonly fragments: readonly FragmentPart[];
  readonly ping: boolean;
  readonly close: boolean;
}

const parts: fc.Arbitrary<Parts> = fc.record({
  number: uint48,
  flags: fc.integer({ min: 0, max: 7 }),
  ack: fc.option(acks, { nil: undefined }),
  fragments: fc.array(fragments, { maxLength: 4 }),
  ping: fc.boolean(),
  close: fc.boolean(),
});

function encode({ number, flags, ack, fragments: pieces, ping, close }: Parts): Uint8Array {
  const writer = new PacketWriter(1200);
  writer.begin({ flags, connection: CONNECTION, number }, 1200);
  writer.putToken("challenge", TOKEN);
  if (ping) writer.putPing();
  if (close) writer.putClose();
  if (ack !== undefined) writer.putAck(ack);
  for (const piece of pieces) writer.putFragment(piece);
  return writer.finish();
}

const sample = encode({
  number: 7,
  flags: 0,
  ack: {
    ranges: [
      { low: 3, high: 9 },
      { low: 0, high: 1 },
    ],
    delayUs: 42,
  },
  fragments: [{ message: 1, index: 0, count: 1, bytes: Uint8Array.of(1, 2, 3) }],
  ping: true,
  close: false,
});

/** The packet with its parts changed, and a checksum that fits. */
function resealed(change: (bytes: Uint8Array) => void, bytes = sample.slice()): Uint8Array {
  change(bytes);
  const end = bytes.length - 4;
  new DataView(bytes.buffer).setUint32(end, crc32c(bytes, 0, end));
  return bytes;
}

describe("a packet", () => {
  test("is read as it was written", () => {
    fc.assert(
      fc.property(parts, (given) => {
        const read = decodePacket(encode(given));
        expect(read).toEqual({
          ...given,
          connection: CONNECTION,
          challenge: TOKEN,
          response: undefined,
        });
      }),
    );
  });

  test("with any bit flipped, or any end cut off, is nothing", () => {
    for (let bit = 0; bit < sample.length * 8; bit++) {
      const bytes = sample.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodePacket(bytes)).toBeUndefined();
    }
    for (let size = 0; size < sample.length; size++) {
      expect(decodePacket(sample.subarray(0, size))).toBeUndefined();
    }
  });

  test("tells of 32 ranges at most, and of fewer where there is less room: the highest", () => {
    const ranges = Array.from({ length: 60 }, (_, at) => ({
      low: 600 - 10 * at,
      high: 604 - 10 * at,
    }));
    const told = (bytesMax: number): unknown => {
      const writer = new PacketWriter(1200);
      writer.begin({ flags: 0, connection: CONNECTION, number: 0 }, bytesMax);
      writer.putAck({ ranges, delayUs: 0 });
      return decodePacket(writer.finish())?.ack?.ranges;
    };
    expect(told(1200)).toEqual(ranges.slice(0, 32));
    expect(told(22 + 16 + 4 * 4 + 3)).toEqual(ranges.slice(0, 5));
    expect(told(22 + 16)).toEqual(ranges.slice(0, 1));
  });

  test("of nonsense under a sound checksum is nothing, or something, but never an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 100 }), (nonsense) => {
        const bytes = new Uint8Array(18 + nonsense.length);
        bytes.set(sample.subarray(0, 18));
        bytes.set(nonsense, 18);
        const read = decodePacket(resealed(() => {}, bytes));
        for (const { low, high } of read?.ack?.ranges ?? []) {
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeGreaterThanOrEqual(low);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["another version", (bytes: Uint8Array) => void (bytes[2] = 2)],
    ["a flag without a meaning", (bytes: Uint8Array) => void (bytes[3] = 8)],
    ["a part without a meaning", (bytes: Uint8Array) => void (bytes[18] = 99)],
  ])("of %s is nothing", (_, change) => {
    expect(decodePacket(resealed(() => {}))).toBeDefined();
    expect(decodePacket(resealed(change))).toBeUndefined();
  });

  test("is told from a frame by its first two bytes", () => {
    expect(isPacket(sample)).toBe(true);
    expect(isPacket(encodeFrame(frameOf()))).toBe(false);
    expect(decodePacket(encodeFrame(frameOf()))).toBeUndefined();
  });
});
