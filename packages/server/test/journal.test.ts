/**
 * Journals: what is written comes back, what was cut short is cut off, what is damaged is refused.
 *
 * Over a store in memory: a crash is a copy of its bytes, cut anywhere.
 */
import { crc32c } from "@faultline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Life } from "../src/core/life.ts";
import { createResponder, type Responder } from "../src/core/responder.ts";
import { SessionTable } from "../src/core/session-table.ts";
import { JournaledMemory, type JournalStore } from "../src/journal/journaled-memory.ts";
import { JOURNAL_HEAD, type JournalRecord } from "../src/journal/record.ts";
import { couldStand, recordBytes, writeRecord } from "../src/journal/record.ts";
import { Restoring } from "../src/journal/restore.ts";
import { scanJournal } from "../src/journal/scan.ts";
import { serverLimits, type ServerLimits } from "../src/limits.ts";
import { join, text, words } from "./support/core-world.ts";

const LIFE: Life = { tag: 7, past: "unknown", sinceUs: 0 };
const EPOCH_US = 1_700_000_000_000_000;

class MemoryStore implements JournalStore {
  verify(): void {}

  content: Uint8Array = JOURNAL_HEAD.slice();
  replaced = 0;

  get bytes(): number {
    return this.content.length;
  }

  append(bytes: Uint8Array): void {
    this.content = join([this.content, bytes]);
  }

  replace(parts: Iterable<Uint8Array>): void {
    this.content = join([...copied(parts)]);
    this.replaced++;
  }
}

/** A generator may reuse its buffer, so every part is copied as it comes. */
function* copied(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const part of parts) yield part.slice();
}

interface Kept {
  readonly table: SessionTable;
  readonly responder: Responder;
  readonly memory: JournaledMemory;
  readonly store: MemoryStore;
}

function open(store: MemoryStore, limits: Partial<ServerLimits> = {}): Kept {
  const all = serverLimits(limits);
  const table = new SessionTable(all, LIFE);
  const responder = createResponder("counter");
  const restoring = new Restoring({ table, responder, epochUs: EPOCH_US });
  const scan = scanJournal(store.content, (record) => restoring.take(record));
  if (scan.end === "corrupt") throw new Error(`${scan.reason} at ${scan.offset}`);
  restoring.finish();
  store.content = store.content.slice(0, scan.bytes);
  const { journalBytesMax } = all;
  const options = { table, store, responder, epochUs: EPOCH_US, journalBytesMax };
  return { table, responder, store, memory: new JournaledMemory(options) };
}

/** Executes as the executor does. @returns the reply, or why there was none */
function ask({ memory, responder }: Kept, low: number, operation: number, body = "Hey"): string {
  const session = memory.find({ high: 1, low }, operation)!;
  const payload = text(body);
  const checksum = crc32c(payload);
  const known = session.ring.look(operation, checksum, payload.length);
  if (known === "known") return words(session.ring.replay(operation).subarray(8));
  if (known !== "new") return known;
  session.ring.store(operation, checksum, payload.length, responder.respond(payload)!);
  memory.executed(session, operation);
  return `new ${words(payload)}`;
}

const sessions = fc.record({ high: fc.nat(0xffff_ffff), low: fc.nat(0xffff_ffff) });
const marks = fc.record({
  tag: fc.integer({ min: 1, max: 0xfffd }),
  past: fc.constantFrom("none", "unknown", "lost"),
});
const of = { session: sessions, operation: fc.maxSafeNat(), atUs: fc.maxSafeNat(), life: marks };
const bytes = fc.uint8Array({ maxLength: 40 });
const records: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ kind: fc.constant("life"), life: marks, sinceUs: fc.maxSafeInteger() }),
  fc.record({ kind: fc.constant("state"), state: bytes }),
  fc.record({ kind: fc.constant("floor"), ...of }),
  fc.record({
    kind: fc.constant("operation"),
    ...of,
    checksum: fc.nat(0xffff_ffff),
    length: fc.nat(0xffff_ffff),
    reply: fc.option(bytes, { nil: undefined }),
    state: bytes,
  }),
) as fc.Arbitrary<JournalRecord>;

function journalOf(all: readonly JournalRecord[]): Uint8Array {
  return join([
    JOURNAL_HEAD,
    ...all.map((record) => {
      const room = new Uint8Array(recordBytes(record));
      expect(writeRecord(room, 0, record)).toBe(room.length);
      return room;
    }),
  ]);
}

function read(content: Uint8Array): {
  told: JournalRecord[];
  scan: ReturnType<typeof scanJournal>;
} {
  const told: JournalRecord[] = [];
  const scan = scanJournal(content, (record) => told.push(structuredClone(record)));
  return { told, scan };
}

describe("the records of a journal", () => {
  test("come back as they were written", () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 8 }), (all) => {
        const content = journalOf(all);
        const { told, scan } = read(content);
        expect(scan).toEqual({ end: "good", bytes: content.length });
        expect(told).toEqual(all);
      }),
    );
  });

  test("cut short anywhere lose the last one and no other", () => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 4 }), (all) => {
        const before = journalOf(all.slice(0, -1));
        const content = journalOf(all);
        for (let cut = before.length + 1; cut < content.length; cut++) {
          const { told, scan } = read(content.subarray(0, cut));
          expect(scan).toEqual({ end: "torn", bytes: before.length });
          expect(told).toEqual(all.slice(0, -1));
        }
      }),
      { numRuns: 30 },
    );
  });

  test("followed by zeros, as after a power failure, are read up to there", () => {
    const content = journalOf([{ kind: "state", state: text("one") }]);
    const { scan } = read(join([content, new Uint8Array(100)]));
    expect(scan).toEqual({ end: "torn", bytes: content.length });
  });

  test("with a flipped bit before the last one are refused, with the place", () => {
    const all = [1, 2, 3].map((n): JournalRecord => ({ kind: "state", state: text(`state ${n}`) }));
    const content = journalOf(all);
    const second = journalOf(all.slice(0, 1)).length;
    const third = journalOf(all.slice(0, 2)).length;
    for (let at = second; at < third; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = content.slice();
        damaged[at]! ^= 1 << bit;
        expect(read(damaged).scan).toMatchObject({ end: "corrupt", offset: second });
      }
    }
  });

  test("whose last one is whole but damaged are refused: it may have been told of", () => {
    const content = journalOf([{ kind: "state", state: text("last") }]);
    content[content.length - 1]! ^= 1;
    expect(read(content).scan).toMatchObject({ end: "corrupt", offset: JOURNAL_HEAD.length });
  });

  test("are told from noise by a few bytes, so that damage in a large journal is soon found", () => {
    const isPlausible = (content: Uint8Array, at: number): boolean =>
      couldStand(new DataView(content.buffer, content.byteOffset, content.length), at);
    fc.assert(
      fc.property(records, (record) => {
        expect(isPlausible(journalOf([record]), JOURNAL_HEAD.length)).toBe(true);
      }),
    );
    const noise = new Uint32Array(2 ** 18);
    for (let at = 0, word = 1; at < noise.length; at++) {
      noise[at] = word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    }
    const bytes = new Uint8Array(noise.buffer);
    let plausible = 0;
    for (let at = 0; at < bytes.length; at++) if (isPlausible(bytes, at)) plausible++;
    expect(plausible).toBeLessThan(4);
  });

  test("of something else are no journal", () => {
    for (const content of [new Uint8Array(0), text("FLTJRNL2"), text("Hello")]) {
      expect(read(content).scan).toMatchObject({ end: "corrupt", offset: 0 });
    }
  });
});

describe("a journaled memory", () => {
  test("answers from the journal what it had answered before, and counts on", () => {
    const before = open(new MemoryStore());
    for (let operation = 0; operation < 100; operation++) ask(before, operation % 3, operation);
    before.memory.commit();
    const after = open(before.store);
    expect(after.responder.count).toBe(100);
    for (let operation = 0; operation < 100; operation++) {
      expect(ask(after, operation % 3, operation)).toBe("Hey");
    }
    expect(ask(after, 2, 99, "other")).toBe("new other");
    expect(ask(after, 1, 97, "other")).toBe("reused");
    expect(after.responder.count).toBe(101);
    expect(after.memory.life).toMatchObject({ tag: 7, past: "unknown" });
  });

  test("that loses what was not committed loses effect and knowledge together", () => {
    const before = open(new MemoryStore());
    ask(before, 1, 0);
    before.memory.commit();
    ask(before, 1, 1);
    const after = open(before.store);
    expect(after.responder.count).toBe(1);
    expect([ask(after, 1, 0), ask(after, 1, 1)]).toEqual(["Hey", "new Hey"]);
    expect(after.responder.count).toBe(2);
  });

  test("cut anywhere is what it was after some of its operations, the effect with them", () => {
    const before = open(new MemoryStore());
    for (let operation = 0; operation < 10; operation++) ask(before, 1, operation);
    before.memory.commit();
    const whole = before.store.content;
    for (let cut = JOURNAL_HEAD.length; cut <= whole.length; cut++) {
      const store = new MemoryStore();
      store.content = whole.slice(0, cut);
      const after = open(store);
      const { count } = after.responder;
      for (let operation = 0; operation < 10; operation++) {
        expect(ask(after, 1, operation)).toBe(operation < count ? "Hey" : "new Hey");
      }
      expect(after.responder.count).toBe(10);
    }
  });

  test("forgets by the time of the wall: a server that was down for long has floors left", () => {
    const before = open(new MemoryStore());
    ask(before, 1, 5);
    before.memory.commit();
    const after = open(before.store);
    after.memory.sweep(300_000_000);
    expect(after.memory.size).toBe(0);
    const session = after.memory.find({ high: 1, low: 1 }, 300_000_000)!;
    expect(session.ring.look(5, 0, 0)).toBe("too-old");
    expect(session.ring.look(6, 0, 0)).toBe("new");
    expect(session.life.tag).toBe(7);
  });

  test("keeps floors, lives and replies that are forgotten through a compaction", () => {
    const limits = { replyBytesPerSessionMax: 1024 };
    const before = open(new MemoryStore(), limits);
    for (let operation = 0; operation < 200; operation++) ask(before, 1, operation);
    ask(before, 2, 3);
    before.memory.sweep(247_000_000 + 3);
    expect(before.memory.size).toBe(1);
    before.memory.commit();
    before.memory.compact();
    const after = open(before.store, limits);
    expect(after.responder.count).toBe(201);
    const forgotten = after.memory.find({ high: 1, low: 2 }, 1)!;
    expect(forgotten.ring.look(3, 0, 0)).toBe("too-old");
    expect(ask(after, 1, 0)).toBe("too-old");
    expect(ask(after, 1, 199)).toBe("Hey");
  });
});

describe("journalBytesMax", () => {
  /** Bytes of the journal after so many operations of one session, whose ring holds sixteen. */
  function grown(operations: number, journalBytesMax: number): MemoryStore {
    const limits = { journalBytesMax, operationsPerSessionMax: 16 };
    const kept = open(new MemoryStore(), limits);
    for (let operation = 0; operation < operations; operation++) {
      ask(kept, 1, operation);
      kept.memory.commit();
    }
    return kept.store;
  }

  test("below it nothing is written anew, above it only what is still known stays", () => {
    const { bytes: full } = grown(1000, 2 ** 30);
    expect(grown(1000, full + 1).replaced).toBe(0);
    const store = grown(1000, 5000);
    expect(store.replaced).toBeGreaterThan(5);
    expect(store.bytes).toBeLessThan(5000 + 100);
    const after = open(store, { operationsPerSessionMax: 16 });
    expect(after.responder.count).toBe(1000);
    expect([ask(after, 1, 983), ask(after, 1, 984)]).toEqual(["too-old", "Hey"]);
  });

  test("is exceeded where more than half of it is still wanted, but never more than doubled", () => {
    const store = grown(16, 100);
    const { bytes } = store;
    expect(bytes).toBeGreaterThan(100);
    expect(grown(1000, 100).bytes).toBeLessThan(2 * bytes + 200);
  });
});
