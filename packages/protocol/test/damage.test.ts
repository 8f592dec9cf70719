import { describe, expect, test } from "vitest";
import type { Frame } from "../src/index.ts";
import { decodeDatagram, encodeFrame, FrameDecoder, isRefusal } from "../src/index.ts";
import { CHECKSUM_NAMES, draws, frameOf, SEED } from "./support.ts";

const flip = (bytes: Uint8Array, bit: number): void => void (bytes[bit >>> 3]! ^= 1 << (bit & 7));

/** Whether a datagram or a stream takes these bytes for a frame. */
function isAccepted(bytes: Uint8Array): boolean {
  const decoder = new FrameDecoder();
  decoder.push(bytes);
  const item = decoder.next();
  return !isRefusal(decodeDatagram(bytes)) || (item !== undefined && !isRefusal(item));
}

describe("every single flipped bit is noticed", () => {
  test.each(CHECKSUM_NAMES.filter((name) => name !== "none"))("with %s, anywhere", (checksum) => {
    const bytes = encodeFrame(
      frameOf({ checksum, payload: new Uint8Array(64).fill(0x5a) }),
    ).slice();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      flip(bytes, bit);
      expect(isAccepted(bytes), `bit ${bit}`).toBe(false);
      flip(bytes, bit);
    }
  });

  test("with none, in the header; a payload without checksum passes as it is", () => {
    const bytes = encodeFrame(frameOf({ checksum: "none" })).slice();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      flip(bytes, bit);
      expect(isAccepted(bytes), `bit ${bit}`).toBe(bit >= 320);
      flip(bytes, bit);
    }
  });
});

test("every pair of flipped bits is noticed with crc32c", () => {
  const bytes = encodeFrame(frameOf({ payload: new Uint8Array(8) })).slice();
  const bits = bytes.length * 8;
  let accepted = 0;
  for (let a = 0; a < bits; a++) {
    flip(bytes, a);
    for (let b = a + 1; b < bits; b++) {
      flip(bytes, b);
      if (!isRefusal(decodeDatagram(bytes))) accepted++;
      flip(bytes, b);
    }
    flip(bytes, a);
  }
  expect(accepted).toBe(0);
});

// One million frames, each damaged in one of four ways: 1 to 8 bits flipped, 1 to 8 bytes
// replaced, the end cut off, bytes put behind it. crc32c must let none of them pass.
test("of a million damaged frames not one is accepted", () => {
  const draw = draws(SEED);
  const payload = new Uint8Array(128).map(() => draw());
  const plain = frameOf();
  const tally = { damaged: 0, accepted: 0 };
  for (let operation = 0; operation < 1_000_000; operation++) {
    const sent = encodeFrame({ ...plain, operation, payload: payload.subarray(0, draw() % 129) });
    const damaged = damage(sent, draw);
    if (damaged === undefined) continue;
    tally.damaged++;
    if (!isRefusal(decodeDatagram(damaged)) || isOther(readFirst(damaged), operation)) {
      tally.accepted++;
    }
  }
  expect(tally).toEqual({ damaged: expect.toSatisfy((n: number) => n > 990_000), accepted: 0 });
});

/** A changed copy; undefined where chance put back what was there. */
function damage(sent: Uint8Array, draw: () => number): Uint8Array | undefined {
  const copy = sent.slice();
  const times = 1 + (draw() % 8);
  switch (draw() % 4) {
    case 0:
      for (let turn = 0; turn < times; turn++) flip(copy, draw() % (copy.length * 8));
      break;
    case 1:
      for (let turn = 0; turn < times; turn++) copy[draw() % copy.length] = draw();
      break;
    case 2:
      return copy.subarray(0, draw() % copy.length);
    default: {
      const padded = new Uint8Array(copy.length + times);
      padded.set(copy);
      for (let at = copy.length; at < padded.length; at++) padded[at] = draw();
      return padded;
    }
  }
  for (let at = 0; at < copy.length; at++) if (copy[at] !== sent[at]) return copy;
  return undefined;
}

function readFirst(bytes: Uint8Array): Frame | undefined {
  const decoder = new FrameDecoder();
  decoder.push(bytes);
  const item = decoder.next();
  return item === undefined || isRefusal(item) ? undefined : item;
}

/** On a stream the frame in front of padding is sound; anything else must not come out. */
function isOther(frame: Frame | undefined, operation: number): boolean {
  return frame !== undefined && frame.operation !== operation;
}
