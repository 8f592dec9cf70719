import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Frame, FrameKeys, SealKey } from "../../src/index.ts";
import {
  createFrameKeys,
  decodeDatagram,
  encodeFrame,
  FrameDecoder,
  FrameType,
  FrameWriter,
  isRefusal,
} from "../../src/index.ts";
import { frameOf, frames, readAll } from "../support.ts";

function keyOf(id: string): SealKey {
  const secret = Uint8Array.from({ length: 32 }, (_, at) => id.charCodeAt(at % id.length));
  return { id, secret };
}

function keysOf(side: "client" | "server", ...ids: string[]): FrameKeys {
  return createFrameKeys({ keys: ids.map(keyOf), side });
}

const CLIENT = keysOf("client", "lab");
const SERVER = keysOf("server", "lab");

function signed(differences: Partial<Frame> = {}, keys: FrameKeys = CLIENT): Uint8Array {
  return encodeFrame(frameOf({ checksum: "hmac-sha256-128", ...differences }), keys).slice();
}

function verdict(bytes: Uint8Array, keys: FrameKeys = SERVER): string {
  const item = decodeDatagram(bytes, { keys });
  return isRefusal(item) ? item.refused : "accepted";
}

describe("a signed frame", () => {
  test("is read by the other end as it was written, in any stream", () => {
    fc.assert(
      fc.property(fc.array(frames(), { maxLength: 5 }), (some) => {
        const sent = some.map((frame): Frame => ({ ...frame, checksum: "hmac-sha256-128" }));
        const writer = new FrameWriter({ keys: CLIENT });
        for (const frame of sent) writer.append(frame);
        const bytes = writer.take() ?? new Uint8Array(0);
        expect(readAll([bytes], new FrameDecoder({ keys: SERVER }))).toEqual(sent);
      }),
      { numRuns: 30 },
    );
  });

  test("with any bit flipped is refused, whatever the header's CRC says", () => {
    const bytes = signed();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      expect(verdict(bytes)).not.toBe("accepted");
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
    }
    expect(verdict(bytes)).toBe("accepted");
  });

  test("is none for an end with another secret, or with none", () => {
    expect(verdict(signed(), keysOf("server", "other"))).toBe("payload-damaged");
    expect(isRefusal(decodeDatagram(signed()))).toBe(true);
  });

  test("is none for who wrote it: sent back, it is refused", () => {
    expect(verdict(signed({ type: FrameType.ping, attempt: 0 }), keysOf("client", "lab"))).toBe(
      "payload-damaged",
    );
  });

  test("of one session is none of another's, whose keys are others", () => {
    const one = signed({ session: { high: 1, low: 1 }, payload: new Uint8Array(0) });
    const other = signed({ session: { high: 1, low: 2 }, payload: new Uint8Array(0) });
    const spliced = other.slice();
    spliced.set(one.subarray(40), 40);
    expect(verdict(spliced)).toBe("payload-damaged");
  });
});

describe("a keyring of frames", () => {
  test("accepts every key, and answers with the one that was used", () => {
    const server = keysOf("server", "new", "old");
    for (const id of ["old", "new"]) {
      const client = keysOf("client", id);
      const session = { high: 5, low: id.length + id.charCodeAt(0) };
      expect(verdict(signed({ session }, client), server)).toBe("accepted");
      expect(verdict(signed({ session, type: FrameType.reply }, server), client)).toBe("accepted");
    }
  });

  test("does not let a session change its key", () => {
    const server = keysOf("server", "new", "old");
    expect(verdict(signed({}, keysOf("client", "old")), server)).toBe("accepted");
    expect(verdict(signed({}, keysOf("client", "new")), server)).toBe("payload-damaged");
  });

  test("keeps so many sessions, and derives the keys of older ones again", () => {
    const keys = createFrameKeys({ keys: [keyOf("lab")], side: "server", sessionsMax: 2 });
    for (const low of [1, 2, 3, 1, 2, 3]) {
      expect(verdict(signed({ session: { high: 0, low } }), keys)).toBe("accepted");
    }
  });
});
