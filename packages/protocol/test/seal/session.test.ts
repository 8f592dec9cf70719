import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SEAL_CIPHERS } from "../../src/seal/cipher.ts";
import type { SealAgreement } from "../../src/seal/handshake.ts";
import type { SealLimits } from "../../src/seal/limits.ts";
import { SEAL_LIMITS_DEFAULT, sealLimits } from "../../src/seal/limits.ts";
import { RecordReader } from "../../src/seal/reader.ts";
import { readRecordHeader, RecordType } from "../../src/seal/record.ts";
import { Opener, Sealer } from "../../src/seal/session.ts";
import { bytesOf, cut, draws, joined, SEED, textOf } from "../support.ts";

function agreement(differences: Partial<SealAgreement> = {}): SealAgreement {
  return {
    key: { id: "lab", secret: new Uint8Array(32).fill(7) },
    cipher: "chacha20-poly1305",
    clientRandom: new Uint8Array(32).fill(1),
    serverRandom: new Uint8Array(32).fill(2),
    ...differences,
  };
}

function halves(limits: Partial<SealLimits> = {}, differences: Partial<SealAgreement> = {}) {
  const parts = {
    agreement: agreement(differences),
    direction: "request",
    limits: { ...SEAL_LIMITS_DEFAULT, ...limits },
  } as const;
  return { sealer: new Sealer(parts), opener: new Opener(parts) };
}

function sealed(sealer: Sealer, text: string): Uint8Array {
  return sealer.seal(RecordType.data, bytesOf(text));
}

/** The text of a record, or why it has none. */
function opened(opener: Opener, record: Uint8Array): string {
  const plain = opener.open(readRecordHeader(record)!, record);
  return typeof plain === "string" ? `(${plain})` : textOf(plain);
}

describe.each(SEAL_CIPHERS)("a session with %s", (cipher) => {
  test("opens what was sealed, in any order, once", () => {
    const { sealer, opener } = halves({}, { cipher });
    const records = Array.from({ length: 40 }, (_, at) => sealed(sealer, `message ${at}`));
    const order = records.map((_, at) => (at * 7) % records.length);
    expect(order.map((at) => opened(opener, records[at]!))).toEqual(
      order.map((at) => `message ${at}`),
    );
    expect(new Set(records.map((record) => opened(opener, record)))).toEqual(
      new Set(["(replayed)"]),
    );
  });

  test("opens nothing in which a single bit was flipped, and is as it was", () => {
    const { sealer, opener } = halves({}, { cipher });
    sealed(sealer, "lost");
    const record = sealed(sealer, "x");
    for (let bit = 32; bit < record.length * 8; bit++) {
      record[bit >>> 3]! ^= 1 << (bit & 7);
      const header = readRecordHeader(record);
      if (header !== undefined) expect(typeof opener.open(header, record)).toBe("string");
      record[bit >>> 3]! ^= 1 << (bit & 7);
    }
    expect([opener.highest, opener.epoch]).toEqual([-1, 0]);
    expect(opened(opener, record)).toBe("x");
  });
});

describe("keys", () => {
  const others: Record<string, Partial<SealAgreement>> = {
    "another secret": { key: { id: "lab", secret: new Uint8Array(32).fill(8) } },
    "another random of the client": { clientRandom: new Uint8Array(32).fill(3) },
    "another random of the server": { serverRandom: new Uint8Array(32).fill(3) },
    "another cipher": { cipher: "aes-256-gcm" },
  };

  test.each(Object.entries(others))("with %s open nothing", (_, differences) => {
    const { opener } = halves({}, differences);
    expect(opened(opener, sealed(halves().sealer, "x"))).toBe("(forged)");
  });

  test("of one direction do not open what goes the other way", () => {
    const { sealer } = halves();
    const parts = { agreement: agreement(), direction: "reply", limits: SEAL_LIMITS_DEFAULT };
    expect(opened(new Opener({ ...parts, direction: "reply" }), sealed(sealer, "x"))).toBe(
      "(forged)",
    );
  });

  test("and nonces never meet twice: equal texts are never equal on the wire", () => {
    const { sealer } = halves({ rekeyRecords: 10 });
    const seen = new Set<string>();
    for (let record = 0; record < 500; record++) {
      seen.add(Buffer.from(sealed(sealer, "the same text").subarray(20)).toString("hex"));
    }
    expect(seen.size).toBe(500);
  });
});

describe("epochs", () => {
  test.each([
    ["records", { rekeyRecords: 3 }],
    ["bytes", { rekeyBytes: 9 }],
  ])("end after so many %s, not before", (_, limits) => {
    const { sealer, opener } = halves(limits);
    const epochs = Array.from({ length: 10 }, () => {
      const record = sealed(sealer, "abc");
      expect(opened(opener, record)).toBe("abc");
      return [readRecordHeader(record)!.epoch, opener.epoch];
    });
    expect(epochs.map(([of]) => of)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3]);
    expect(epochs.map(([, at]) => at)).toEqual(epochs.map(([of]) => of));
  });

  test("are three at a time: the one before, the present one and the next", () => {
    const { sealer, opener } = halves({ rekeyRecords: 2 });
    const records = Array.from({ length: 8 }, (_, at) => sealed(sealer, `${at}`));
    expect(opened(opener, records[4]!)).toBe("(replayed)");
    expect(opened(opener, records[2]!)).toBe("2");
    expect(opened(opener, records[1]!)).toBe("1");
    expect(opened(opener, records[4]!)).toBe("4");
    expect(opened(opener, records[0]!)).toBe("(replayed)");
    expect(opened(opener, records[3]!)).toBe("3");
  });

  test("do not let a record be later than the window is wide", () => {
    const limits = { rekeyRecords: 100, replayWindow: 64 };
    for (const [passed, words] of [
      [64, "99"],
      [65, "(replayed)"],
    ] as const) {
      const { sealer, opener } = halves(limits);
      const records = Array.from({ length: 200 }, (_, at) => sealed(sealer, `${at}`));
      opened(opener, records[98]!);
      for (let at = 100; at < 99 + passed; at++) opened(opener, records[at]!);
      expect(opened(opener, records[99]!)).toBe(words);
    }
  });

  test("do not begin because somebody says so", () => {
    const { sealer, opener } = halves();
    const record = sealed(sealer, "x");
    for (const epoch of [1, 2, 0xffff_ffff]) {
      const forged = record.slice();
      new DataView(forged.buffer).setUint32(8, epoch);
      expect(opened(opener, forged)).toMatch(/forged|replayed/);
    }
    expect(opener.epoch).toBe(0);
    expect(opened(opener, record)).toBe("x");
  });
});

test("so many forgeries are borne, and no more", () => {
  const { sealer, opener } = halves({ forgeriesMax: 5 });
  const record = sealed(sealer, "x");
  record[25]! ^= 1;
  for (let forgery = 1; forgery <= 5; forgery++) {
    expect(opener.isSpent).toBe(false);
    expect(opened(opener, record)).toBe("(forged)");
  }
  expect(opener.isSpent).toBe(true);
});

describe("limits of a seal", () => {
  test.each([
    [{ rekeyRecords: 0 }, "rekeyRecords"],
    [{ rekeyRecords: SEAL_LIMITS_DEFAULT.rekeyRecords + 1 }, "rekeyRecords"],
    [{ forgeriesMax: 2 ** 40 }, "forgeriesMax"],
    [{ replayWindow: 63 }, "replayWindow"],
    [{ replayWindow: 1056 }, "replayWindow"],
    [{ replayWindow: 100 }, "replayWindow"],
    [{ helloRetryMs: 0.5 }, "helloRetryMs"],
  ])("%o is refused by name", (given, name) => {
    expect(() => sealLimits(given)).toThrow(`as "${name}" must be`);
  });

  test("may be lowered to their edges", () => {
    expect(sealLimits({ rekeyRecords: 1, replayWindow: 64 })).toMatchObject({
      rekeyRecords: 1,
      replayWindow: 64,
    });
  });
});

describe("records of a stream", () => {
  const { sealer } = halves();
  const texts = ["a", "", "bcd".repeat(50), "e"];
  const stream = joined(texts.map((text) => sealed(sealer, text)));

  function read(pieces: readonly Uint8Array[]): string[] {
    const { opener } = halves();
    const reader = new RecordReader();
    const found: string[] = [];
    for (const piece of pieces) {
      const lent = piece.slice();
      reader.push(lent);
      for (;;) {
        const next = reader.next();
        if (next === undefined) break;
        if (next === "broken") return [...found, "(broken)"];
        found.push(opened(opener, next.record));
      }
      lent.fill(0xee);
    }
    return found;
  }

  test("are read wherever the stream is cut", () => {
    for (let size = 1; size <= stream.length; size++)
      expect(read(cut(stream, [size]))).toEqual(texts);
    const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, (some) => {
        expect(read(cut(stream, some))).toEqual(texts);
      }),
    );
  });

  test("with a length above the limit are refused before a byte of it is kept", () => {
    const header = stream.slice(0, 20);
    new DataView(header.buffer).setUint32(4, 65_536 + 16);
    const reader = new RecordReader();
    reader.push(header);
    expect(reader.next()).toBeUndefined();
    new DataView(header.buffer).setUint32(4, 65_536 + 17);
    reader.push(new Uint8Array(0));
    const other = new RecordReader();
    other.push(header);
    expect(other.next()).toBe("broken");
    expect(other.bufferedBytes).toBe(0);
  });

  test("that are noise never throw, and open nothing", () => {
    const next = draws(SEED);
    for (let turn = 0; turn < 2000; turn++) {
      const noise = Uint8Array.from({ length: next() % 100 }, () => next());
      if (turn % 2 === 0) noise.set([0xfa, 0x5e, 1, 1 + (next() % 7)].slice(0, noise.length));
      expect(read([noise]).filter((text) => !text.startsWith("("))).toEqual([]);
    }
  });
});
