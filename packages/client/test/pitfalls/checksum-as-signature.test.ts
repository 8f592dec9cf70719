/** Pitfall 20. A checksum is believed to be a signature: who can change bytes can make it fit again. */
import type { ChecksumName, Frame, SealKey } from "@faultline/protocol";
import {
  checksums,
  crc32c,
  createFrameKeys,
  decodeDatagram,
  encodeFrame,
  FrameType,
  isRefusal,
} from "@faultline/protocol";
import { numbers, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { SESSION } from "../support/world.ts";

const KEY: SealKey = { id: "lab", secret: new Uint8Array(32).fill(3) };
const CLIENT = createFrameKeys({ keys: [KEY], side: "client" });
const SERVER = createFrameKeys({ keys: [KEY], side: "server" });
const HEADER_BYTES = 40;
const HEADER_COVERED_BYTES = 36;

function frameWith(checksum: ChecksumName, payload: Uint8Array): Frame {
  return {
    type: FrameType.data,
    checksum,
    flags: 0,
    status: 0,
    session: SESSION,
    operation: 7,
    attempt: 1,
    remainingMs: 0,
    payload,
  };
}

/** What the receiver makes of the bytes: the payload's text, or why it refuses them. */
function received(bytes: Uint8Array): string {
  const item = decodeDatagram(bytes, { keys: SERVER });
  return isRefusal(item) ? `(${item.refused})` : new TextDecoder().decode(item.payload);
}

const PAY = "from=alice;to=bob;amount=00000010;note=for the lunch of last week";
const AMOUNT_AT = HEADER_BYTES + PAY.indexOf("00000010");

/** The frame with another amount, made by somebody who knows where the amount stands and nothing else. */
function patched(checksum: ChecksumName): Uint8Array {
  const bytes = encodeFrame(frameWith(checksum, new TextEncoder().encode(PAY)), CLIENT).slice();
  const difference = new Uint8Array(bytes.length - HEADER_BYTES - checksums[checksum].bytes);
  const [at, digit] = [AMOUNT_AT - HEADER_BYTES, "0".charCodeAt(0) ^ "9".charCodeAt(0)];
  difference[at] = digit;
  for (const [index, byte] of difference.entries()) bytes[HEADER_BYTES + index]! ^= byte;
  // CRC(a ^ b) = CRC(a) ^ CRC(b) ^ CRC(0): from the difference alone, the text need not be known.
  const trailerAt = bytes.length - checksums[checksum].bytes;
  const fix = crc32c(difference) ^ crc32c(new Uint8Array(difference.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(trailerAt, (view.getUint32(trailerAt) ^ fix) >>> 0);
  return bytes;
}

describe("an amount that is changed on the way", () => {
  test("passes a CRC, which is patched by the difference: it finds damage, not forgery", () => {
    expect(received(patched("crc32c"))).toBe(PAY.replace("00000010", "90000010"));
  });

  test("does not pass a signature, patched or not", () => {
    expect(received(patched("hmac-sha256-128"))).toBe("(payload-damaged)");
    const bytes = encodeFrame(
      frameWith("hmac-sha256-128", new TextEncoder().encode(PAY)),
      CLIENT,
    ).slice();
    bytes[AMOUNT_AT]! ^= 9;
    expect(received(bytes)).toBe("(payload-damaged)");
  });

  test.each(["sha1-32", "sha256-128"] as const)(
    "passes %s too, which anybody can make anew: it is long, and has no key",
    (checksum) => {
      const forged = frameWith(checksum, new TextEncoder().encode(PAY.replace("10", "99")));
      expect(received(encodeFrame(forged).slice())).toContain("99");
    },
  );

  test("cannot be signed by who has another key, or a copy of a signed frame", () => {
    const stranger = createFrameKeys({
      keys: [{ id: "lab", secret: new Uint8Array(32).fill(4) }],
      side: "client",
    });
    const payload = new TextEncoder().encode(PAY);
    const signed = frameWith("hmac-sha256-128", payload);
    expect(received(encodeFrame(signed, stranger).slice())).toBe("(payload-damaged)");
    const copied = encodeFrame(signed, CLIENT).slice();
    const other = encodeFrame({ ...signed, operation: 8 }, CLIENT).slice();
    copied.set(other.subarray(0, HEADER_BYTES));
    expect(received(copied)).toBe("(payload-damaged)");
  });
});

/**
 * What is promised of k flipped bits, from the minimum distances that were computed exhaustively: of
 * data bits, the checksum left out. CRC-32: at most 33 bytes 5 bits, 371 bytes 4, 11 450 bytes 3.
 * CRC-32C: at most 655 bytes 5, and above any odd number and 3.
 */
function isPromised(checksum: ChecksumName, bytes: number, flips: number): boolean {
  if (checksum === "hmac-sha256-128" || checksum === "sha256-128") return true;
  if (checksum === "crc32c") return bytes <= 655 ? flips <= 5 : flips <= 3 || flips % 2 === 1;
  if (checksum !== "crc32") return false;
  if (bytes <= 33) return flips <= 5;
  if (bytes <= 371) return flips <= 4;
  return bytes <= 11_450 ? flips <= 3 : flips <= 2;
}

const SIZES = [100, 655, 1200, 11_450, 11_451];
const FLIPS = [1, 2, 3, 4, 5];
/** Of trials for each size and number of flips; the long ones and the signature cost more. */
const TRIAL_BYTES = 600_000;

describe.each(["crc32", "crc32c", "hmac-sha256-128"] as const)("flipped bits under %s", (name) => {
  const cases = SIZES.flatMap((bytes) => FLIPS.map((flips) => ({ bytes, flips })));

  test.each(cases.filter(({ bytes, flips }) => isPromised(name, bytes, flips)))(
    "$flips of $bytes covered bytes never go unseen",
    ({ bytes, flips }) => {
      const draw = numbers(seed() + bytes + flips);
      const payload = Uint8Array.from({ length: bytes - HEADER_COVERED_BYTES }, () => draw());
      const frame = encodeFrame(frameWith(name, payload), CLIENT).slice();
      let unseen = 0;
      for (let trial = 0; trial < TRIAL_BYTES / bytes; trial++) {
        const places = new Set<number>();
        while (places.size < flips) places.add(8 * HEADER_BYTES + (draw() % (8 * payload.length)));
        for (const bit of places) frame[bit >>> 3]! ^= 1 << (bit & 7);
        if (!received(frame).startsWith("(")) unseen++;
        for (const bit of places) frame[bit >>> 3]! ^= 1 << (bit & 7);
      }
      expect(unseen).toBe(0);
    },
  );
});

test("what is promised ends where it ends: the table has both sides of each edge", () => {
  const edges: readonly (readonly [ChecksumName, number, number, boolean])[] = [
    ["crc32", 11_450, 3, true],
    ["crc32", 11_451, 3, false],
    ["crc32c", 655, 4, true],
    ["crc32c", 1200, 4, false],
    ["crc32c", 11_451, 5, true],
    ["sha1-32", 100, 1, false],
  ];
  for (const [name, bytes, flips, promised] of edges) {
    expect(isPromised(name, bytes, flips)).toBe(promised);
  }
});

test("a naive receiver, which takes a CRC for a signature, pays", () => {
  const item = decodeDatagram(patched("crc32c"));
  const trusted = isRefusal(item) ? "" : new TextDecoder().decode(item.payload);
  expect(/amount=(\d+)/.exec(trusted)?.[1]).toBe("90000010");
});
