import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Refusal, RefusalCode } from "../src/index.ts";
import { decodeDatagram, encodeFrame, FrameDecoder, isRefusal } from "../src/index.ts";
import { arrayBufferBytes, bytesOf, cut, forged, frameOf, joined, readAll } from "./support.ts";

const set = (at: number, value: number) => (bytes: Uint8Array) => void (bytes[at] = value);

/** Every refusal that a header can earn, and the one change that earns it. */
const HEADERS: readonly [RefusalCode, Uint8Array][] = [
  ["bad-magic", forged({}, set(0, 0xfb))],
  ["bad-magic", forged({}, set(1, 0x18))],
  ["bad-version", forged({}, set(2, 2))],
  ["bad-type", forged({}, set(3, 0))],
  ["bad-type", forged({}, set(3, 8))],
  ["bad-checksum-kind", forged({}, set(4, 6))],
  ["bad-flags", forged({}, set(5, 2))],
  ["bad-status", forged({ type: 5 }, set(7, 1))],
  ["bad-status", forged({ type: 7 }, set(6, 1))],
  ["bad-status", forged({ type: 4, status: 1 }, set(7, 0))],
  ["bad-status", forged({ type: 4, status: 1 }, set(7, 10))],
  ["bad-operation", forged({}, set(21, 0x20))],
];

describe("a header is refused by name", () => {
  test.each(HEADERS)("%s (%#)", (refused, bytes) => {
    expect(decodeDatagram(bytes)).toMatchObject({ refused, fatal: true, header: undefined });
    for (const pieces of [[bytes], cut(bytes, [1]), cut(bytes, [39, 7])]) {
      expect(readAll(pieces)).toMatchObject([{ refused, fatal: true, header: undefined }]);
    }
  });

  test("nothing in a damaged header is believed, whatever it says", () => {
    const bytes = encodeFrame(frameOf());
    for (let at = 3; at < 40; at++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0xff;
      expect(decodeDatagram(damaged)).toMatchObject({
        refused: "header-damaged",
        header: undefined,
      });
    }
  });

  test("a wrong first byte is enough, even alone", () => {
    const decoder = new FrameDecoder();
    decoder.push(bytesOf("G"));
    expect(decoder.next()).toMatchObject({ refused: "bad-magic" });
  });
});

describe("limits", () => {
  test("a payload at the limit passes, one byte more is refused before it arrives", () => {
    const limits = { payloadBytesMax: 100 };
    const fits = encodeFrame(frameOf({ payload: new Uint8Array(100) }));
    const tooLarge = encodeFrame(frameOf({ operation: 5, payload: new Uint8Array(101) }));
    expect(isRefusal(decodeDatagram(fits, limits))).toBe(false);
    const header = { operation: 5, payloadBytes: 101 };
    expect(decodeDatagram(tooLarge, limits)).toMatchObject({
      refused: "payload-too-large",
      header,
    });
    const decoder = new FrameDecoder(limits);
    decoder.push(tooLarge.subarray(0, 40));
    expect(decoder.next()).toMatchObject({ refused: "payload-too-large", fatal: true, header });
  });

  test("where one checksum was agreed another is refused, and the agreed one passes", () => {
    const frame = frameOf({ checksum: "crc32" });
    expect(decodeDatagram(encodeFrame(frame), { checksum: "crc32" })).toEqual(frame);
    expect(decodeDatagram(encodeFrame(frame), { checksum: "crc32c" })).toMatchObject({
      refused: "wrong-checksum",
      fatal: true,
      header: { checksum: "crc32", operation: 7 },
    });
  });

  test("a limit that is none is refused at construction", () => {
    expect(() => new FrameDecoder({ payloadBytesMax: -1 })).toThrow(
      'Cannot decode frames as "payloadBytesMax" must be an integer of at least 0: got -1',
    );
  });

  test("a declared megabyte reserves nothing before its bytes come", () => {
    const frame = encodeFrame(frameOf({ payload: new Uint8Array(1_048_576) }));
    const decoders = Array.from({ length: 500 }, () => new FrameDecoder());
    const before = arrayBufferBytes();
    for (const decoder of decoders) {
      decoder.push(frame.subarray(0, 50));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(50);
    }
    // 500 megabytes, had the length been believed.
    expect(arrayBufferBytes() - before).toBeLessThan(8_000_000);
  });

  test("a large frame in small pieces comes together", () => {
    const frame = frameOf({ payload: new Uint8Array(300_000).map((_, index) => index >>> 3) });
    expect(readAll(cut(encodeFrame(frame), [1460]))).toEqual([frame]);
  });
});

describe("a damaged payload", () => {
  const damaged = encodeFrame(frameOf({ operation: 21 })).slice();
  damaged[50]! ^= 1;

  test("is refused with the header, which was trusted, and the stream goes on", () => {
    const good = frameOf({ operation: 22 });
    for (const sizes of [[500], [1], [33]]) {
      const read = readAll(cut(joined([damaged, encodeFrame(good)]), sizes));
      expect(read).toMatchObject([
        { refused: "payload-damaged", fatal: false, header: { operation: 21, payloadBytes: 19 } },
        { operation: 22 },
      ]);
    }
  });

  test("is not hidden by a header that belongs to another frame of the same size", () => {
    const a = encodeFrame(frameOf({ operation: 1, payload: bytesOf("pay 10") }));
    const b = encodeFrame(frameOf({ operation: 2, payload: bytesOf("pay 99") }));
    const spliced = joined([a.subarray(0, 40), b.subarray(40)]);
    expect(decodeDatagram(spliced)).toMatchObject({ refused: "payload-damaged" });
  });
});

describe("what is cut off is never taken for a frame", () => {
  const bytes = encodeFrame(frameOf());

  test("at every byte of a datagram, which says truncated", () => {
    for (let end = 0; end < bytes.length; end++) {
      const header = end < 40 ? undefined : { operation: 7, attempt: 1, payloadBytes: 19 };
      expect(decodeDatagram(bytes.subarray(0, end))).toMatchObject({
        refused: "truncated",
        header,
      });
    }
  });

  test("at every byte of a stream, which waits, and says truncated when it ends there", () => {
    for (let end = 0; end < bytes.length; end++) {
      const decoder = new FrameDecoder();
      expect(readAll([bytes.subarray(0, end)], decoder)).toEqual([]);
      const refusal = decoder.end();
      expect(refusal?.refused).toBe(end === 0 ? undefined : "truncated");
      expect(refusal?.header?.operation).toBe(end < 40 ? undefined : 7);
      expect([decoder.failed, decoder.bufferedBytes]).toEqual([end > 0, 0]);
      expect(decoder.end()).toBeUndefined();
    }
  });

  test("and a datagram that goes on after its frame is refused too", () => {
    expect(decodeDatagram(joined([bytes, Uint8Array.of(0)]))).toMatchObject({
      refused: "trailing-bytes",
    });
  });

  test("a short datagram of something else is called what it is", () => {
    expect(decodeDatagram(bytesOf("GET /"))).toMatchObject({ refused: "bad-magic" });
  });
});

describe("a decoder", () => {
  test("after a fatal refusal takes and gives nothing, and keeps nothing", () => {
    const decoder = new FrameDecoder();
    decoder.push(joined([bytesOf("garbage"), encodeFrame(frameOf())]));
    expect(decoder.next()).toMatchObject({ refused: "bad-magic", fatal: true });
    decoder.push(encodeFrame(frameOf()));
    expect([decoder.next(), decoder.failed, decoder.bufferedBytes]).toEqual([undefined, true, 0]);
    expect(decoder.end()).toBeUndefined();
  });

  test("reads several frames of one chunk in place", () => {
    const chunk = joined([1, 2, 3].map((operation) => encodeFrame(frameOf({ operation }))));
    const decoder = new FrameDecoder();
    decoder.push(chunk);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      expect(isRefusal(frame) || frame.payload.buffer).toBe(chunk.buffer);
    }
  });

  test("gives plain arrays even where it was given a Buffer", () => {
    const frame = decodeDatagram(Buffer.from(encodeFrame(frameOf())));
    expect(isRefusal(frame) || Object.getPrototypeOf(frame.payload)).toBe(Uint8Array.prototype);
  });

  test("gives the raw bytes of what it returned last, be it whole, put together or damaged", () => {
    const good = encodeFrame(frameOf());
    const damaged = good.slice();
    damaged[45]! ^= 4;
    for (const bytes of [good, damaged]) {
      for (const size of [1000, 11]) {
        const decoder = new FrameDecoder();
        const pieces = cut(bytes, [size]);
        for (const piece of pieces.slice(0, -1)) {
          decoder.push(piece);
          expect(decoder.next()).toBeUndefined();
        }
        decoder.push(pieces.at(-1)!);
        decoder.next();
        expect(decoder.raw()).toEqual(bytes);
      }
    }
    expect(new FrameDecoder().raw()).toHaveLength(0);
  });

  test("settled in the middle of a chunk goes on from its own copy", () => {
    const sent = [1, 2, 3].map((operation) => frameOf({ operation }));
    // A Buffer, since that is what sockets lend, and its `slice` copies nothing.
    const chunk = Buffer.from(joined(sent.map((frame) => encodeFrame(frame))));
    const decoder = new FrameDecoder();
    decoder.push(chunk.subarray(0, chunk.length - 5));
    expect(decoder.next()).toEqual(sent[0]);
    const rest = Uint8Array.from(chunk.subarray(-5));
    decoder.settle();
    chunk.fill(0xee);
    decoder.settle();
    decoder.push(rest);
    expect([decoder.next(), decoder.next(), decoder.next()]).toEqual([sent[1], sent[2], undefined]);
  });

  test("that has read everything holds no memory", () => {
    const bytes = encodeFrame(frameOf({ payload: new Uint8Array(20_000) }));
    const decoders = Array.from({ length: 1000 }, () => new FrameDecoder());
    const before = arrayBufferBytes();
    for (const decoder of decoders) {
      readAll([bytes.subarray(0, 9000), bytes.subarray(9000)], decoder);
      expect(decoder.bufferedBytes).toBe(0);
    }
    // 20 megabytes, had each kept the frame it put together; the collector may be a few frames late.
    expect(arrayBufferBytes() - before).toBeLessThan(10_000_000);
  });

  test("never throws, whatever the bytes, and never keeps more than one frame may have", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(encodeFrame(frameOf()))), {
          maxLength: 8,
        }),
        fc.integer({ min: 1, max: 70 }),
        (parts, size) => {
          const decoder = new FrameDecoder({ payloadBytesMax: 256 });
          const read = readAll(cut(joined(parts), [size]), decoder);
          expect(decoder.bufferedBytes).toBeLessThan(40 + 256 + 16);
          for (const item of read.filter((each) => !isRefusal(each)))
            expect(item).toEqual(frameOf());
        },
      ),
    );
  });
});

test("a refusal is told from anything else", () => {
  expect(isRefusal(decodeDatagram(new Uint8Array(0)))).toBe(true);
  expect([
    isRefusal(undefined),
    isRefusal(null),
    isRefusal("refused"),
    isRefusal(frameOf()),
  ]).toEqual(Array.from({ length: 4 }, () => false));
  expect((decodeDatagram(new Uint8Array(0)) as Refusal).message).toBe("0 bytes hold no header.");
});
