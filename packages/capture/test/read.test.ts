/**
 * Reading captures back: what was written is read, and no file can do more than be refused.
 */
import { encodeFrame, isRefusal } from "@faultline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CaptureError, framesOf, noCounts } from "../src/index.ts";
import { addWords, internetChecksum } from "../src/packet/checksum.ts";
import { ipv4Of, ipv6Of } from "../src/packet/address.ts";
import { CALM, captureOf, foreign, frame, readAll } from "./support.ts";

describe("a capture that is read back", () => {
  test.each([
    ["127.0.0.1:4711", "stream"],
    ["[::1]:4711", "stream"],
    ["127.0.0.1:4711", "datagram"],
  ] as const)("has every frame, from %s over a %s", (local, kind) => {
    const { frames, counts } = readAll(captureOf(CALM, { local, kind }));
    expect(counts).toMatchObject({ frames: 4, refused: 0, others: 0 });
    expect(frames.map(({ bytes }) => bytes)).toEqual(CALM);
    expect(frames[0]?.packet.atSeconds).toBe(1_700_000_000.00002);
  });

  test("has any bytes of any writes, however segments cut them", () => {
    const writes = fc.array(fc.uint8Array({ maxLength: 4_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(writes, (payloads) => {
        const all = payloads.map((payload, at) => encodeFrame(frame(at, payload)));
        expect(readAll(captureOf(all)).frames.map(({ bytes }) => bytes)).toEqual(all);
      }),
      { numRuns: 40 },
    );
  });

  test("tells what is damaged, and what is something else", () => {
    const damaged = CALM[0]!.slice();
    damaged[50] = 0xff;
    const told = readAll(captureOf([damaged])).frames.map(({ item }) => item);
    expect(told.map((item) => isRefusal(item) && item.refused)).toEqual(["payload-damaged"]);
    const other = captureOf([new TextEncoder().encode("GET / HTTP/1.1")], { kind: "datagram" });
    const { counts } = readAll(foreign(other));
    expect(counts).toMatchObject({ frames: 0, refused: 0, others: 1, tls: { records: 0 } });
  });

  test("counts the records of TLS, however segments cut them, and finds no frame in them", () => {
    const record = (type: number, bytes: number): Uint8Array =>
      Uint8Array.of(type, 3, 3, bytes >> 8, bytes & 255, ...new Uint8Array(bytes).fill(0xfa));
    const records = [record(22, 300), record(20, 1), record(23, 16_640), record(23, 50)];
    const all = Buffer.concat(records);
    // both ways; a record that is cut off counts as long as its header says
    const whole = { records: 8, encrypted: 4, bytes: all.length * 2, bytesMax: 16_645 };
    const part = { records: 6, encrypted: 2, bytes: (all.length - 55) * 2, bytesMax: 16_645 };
    for (const [step, end, tls] of [
      [1, 320, part],
      [3, 320, part],
      [999, all.length, whole],
      [all.length, all.length, whole],
    ] as const) {
      const writes = Array.from({ length: Math.ceil(end / step) }, (_, at) =>
        all.subarray(at * step, Math.min(end, (at + 1) * step)),
      );
      const file = captureOf(writes.flatMap((bytes) => [bytes, bytes]));
      const { counts, frames } = readAll(foreign(file));
      expect(frames).toEqual([]);
      expect(counts.tls).toEqual(tls);
    }
    const tooLong = record(23, 16_641);
    expect(readAll(foreign(captureOf([tooLong]))).counts.tls.records).toBe(0);
  });
});

test("a capture never grows above its limit, however many names its wires have", () => {
  const of = (bytesMax: number): Uint8Array =>
    captureOf([], { kind: "datagram", silent: 1_000, bytesMax });
  expect(of(1e9).length).toBeGreaterThan(60_000);
  const file = of(60_000);
  expect(file.length).toBeGreaterThan(50_000);
  expect(file.length).toBeLessThanOrEqual(60_000);
  expect(readAll(file).counts.packets).toBe(0);
});

describe("a file that is no capture", () => {
  test.each([
    ["nothing", [], "the file is empty"],
    ["gzip", [0x1f, 0x8b, 8, 0], "it is compressed: gunzip it first"],
    ["zstd", [0x28, 0xb5, 0x2f, 0xfd], "it is compressed: unzstd it first"],
    ["text", [0x7b, 0x22], "it does not begin with a section header"],
    ["pcap", [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0], "editcap"],
  ])("%s is refused at its beginning", (_, bytes, why) => {
    const read = (): unknown => readAll(Uint8Array.from(bytes));
    expect(read).toThrow(why);
    expect(read).toThrow(CaptureError);
  });

  test("cut anywhere it is read up to there, and the place is told", () => {
    const file = captureOf(CALM);
    const whole = readAll(file).counts.packets;
    for (let end = 4; end < file.length; end += 37) {
      const counts = noCounts();
      try {
        for (const found of framesOf(file.subarray(0, end), counts)) void found;
      } catch (error) {
        expect(error).toBeInstanceOf(CaptureError);
        expect(error).toMatchObject({ code: "cut-off" });
        expect((error as CaptureError).offset).toBeLessThanOrEqual(end);
      }
      expect(counts.packets).toBeLessThanOrEqual(whole);
    }
  });

  test("with blocks of a size that nobody writes is refused, and one that nobody reads is passed over", () => {
    const file = captureOf(CALM);
    const bytes = 16_777_216 + 16;
    const blockOf = (type: number): Uint8Array => {
      const block = new Uint8Array(bytes);
      const view = new DataView(block.buffer);
      view.setUint32(0, type, true);
      view.setUint32(4, bytes, true);
      view.setUint32(bytes - 4, bytes, true);
      return block;
    };
    const { counts } = readAll(Buffer.concat([file, blockOf(10), file]));
    expect(counts.frames).toBe(2 * CALM.length);
    expect(() => readAll(Buffer.concat([file, blockOf(6)]))).toThrow("it has 16777232 bytes");
  });

  test("with any bytes changed it is read or refused, and nothing else", () => {
    const file = captureOf(CALM);
    const change = fc.tuple(fc.nat({ max: file.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const damaged = file.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        try {
          readAll(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(CaptureError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("the small parts", () => {
  test("the Internet checksum is that of RFC 1071, for odd lengths too", () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(internetChecksum(addWords(0, bytes, 0, 8))).toBe(~0xddf2 & 0xffff);
    expect(internetChecksum(addWords(0, bytes, 0, 3))).toBe(~0xf201 & 0xffff);
  });

  test("addresses are read as they are written, and nothing else is one", () => {
    expect(ipv4Of("127.0.0.1")).toEqual(Uint8Array.of(127, 0, 0, 1));
    expect([ipv4Of("256.0.0.1"), ipv4Of("client-3")]).toEqual([undefined, undefined]);
    expect(ipv6Of("::1")?.at(-1)).toBe(1);
    expect(ipv6Of("fe80::1:2%lo")).toEqual(
      Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2),
    );
    expect([ipv6Of("1:2"), ipv6Of("1::2::3"), ipv6Of("x::1")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
