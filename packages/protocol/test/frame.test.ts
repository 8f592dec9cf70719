import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeDatagram,
  encodeFrame,
  frameBytes,
  FrameDecoder,
  isRefusal,
  ProtocolError,
} from "../src/index.ts";
import type { Frame } from "../src/index.ts";
import { cut, frameOf, frames, joined, readAll } from "./support.ts";

describe("a frame", () => {
  test("comes back from a datagram as it was sent, and from nothing that was left of it", () => {
    fc.assert(
      fc.property(frames(), (frame) => {
        const bytes = encodeFrame(frame);
        expect(bytes).toHaveLength(frameBytes(frame));
        expect(decodeDatagram(bytes)).toEqual(frame);
      }),
    );
  });

  test("comes back from a stream whole, byte by byte, and wherever it was cut", () => {
    fc.assert(
      fc.property(
        fc.array(frames(120), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 9 }),
        (sent, sizes) => {
          const bytes = joined(sent.map((frame) => encodeFrame(frame)));
          expect(readAll([bytes])).toEqual(sent);
          expect(readAll(cut(bytes, [1]))).toEqual(sent);
          expect(readAll(cut(bytes, sizes))).toEqual(sent);
        },
      ),
    );
  });

  test("comes back when everything is pushed before anything is read", () => {
    fc.assert(
      fc.property(
        fc.array(frames(60), { maxLength: 6 }),
        fc.integer({ min: 1, max: 90 }),
        (sent, size) => {
          const decoder = new FrameDecoder();
          const bytes = joined(sent.map((frame) => encodeFrame(frame)));
          for (const piece of cut(bytes, [size])) decoder.push(piece);
          expect(decoder.bufferedBytes).toBe(bytes.length);
          for (const frame of sent) expect(decoder.next()).toEqual(frame);
          expect([decoder.next(), decoder.bufferedBytes]).toEqual([undefined, 0]);
        },
      ),
    );
  });

  test("with the largest numbers keeps them", () => {
    const frame = frameOf({
      session: { high: 0xffff_ffff, low: 0xffff_ffff },
      operation: Number.MAX_SAFE_INTEGER,
      attempt: 0xffff_ffff,
      remainingMs: 0xffff_ffff,
    });
    expect(decodeDatagram(encodeFrame(frame))).toEqual(frame);
  });

  test("larger than what is pooled comes back too", () => {
    const frame = frameOf({ payload: new Uint8Array(70_000).map((_, index) => index) });
    expect(decodeDatagram(encodeFrame(frame))).toEqual(frame);
  });

  test("stays as it was while others are encoded after it", () => {
    const sent = Array.from({ length: 400 }, (_, operation) => frameOf({ operation }));
    const encoded = sent.map((frame) => encodeFrame(frame));
    expect(encoded.map((bytes) => decodeDatagram(bytes))).toEqual(sent);
  });
});

describe("a frame that nobody would accept is not encoded", () => {
  test.each<[string, Partial<Frame>]>([
    ["payload-too-large", { payload: new Uint8Array(1_048_577) }],
    ["bad-type", { type: 0 as never }],
    ["bad-type", { type: 8 as never }],
    ["bad-flags", { flags: 2 }],
    ["bad-status", { status: 1 }],
    ["bad-status", { type: 4, status: 0 }],
    ["bad-status", { type: 4, status: 10 }],
    ["bad-life", { life: 65_536 }],
    ["bad-life", { life: -1 }],
    ["bad-life", { life: 0.5 }],
    ["no-key", { checksum: "hmac-sha256-128" }],
    ["bad-session", { session: { high: -1, low: 0 } }],
    ["bad-session", { session: { high: 0, low: 2 ** 32 } }],
    ["bad-operation", { operation: -1 }],
    ["bad-operation", { operation: 2 ** 53 }],
    ["bad-operation", { operation: 0.5 }],
    ["bad-attempt", { attempt: 2 ** 32 }],
    ["bad-remaining", { remainingMs: -1 }],
  ])("%s", (code, differences) => {
    const encode = (): Uint8Array => encodeFrame(frameOf(differences));
    expect(encode).toThrow(ProtocolError);
    expect(encode).toThrow(expect.objectContaining({ code, side: "local" }));
  });

  test("and a life is not written where it has no place", () => {
    for (const type of [4, 5, 7] as const) {
      const frame = frameOf({ type, status: type === 4 ? 1 : 0 });
      expect(decodeDatagram(encodeFrame({ ...frame, life: 5 }))).toEqual(frame);
    }
  });

  test("and a payload exactly at the limit is", () => {
    const frame = frameOf({ payload: new Uint8Array(1_048_576) });
    expect(isRefusal(decodeDatagram(encodeFrame(frame)))).toBe(false);
  });
});
