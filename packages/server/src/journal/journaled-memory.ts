/**
 * A memory of executed operations that is written down before anybody is told of them.
 *
 *   execute ─► record (in a buffer) ─► commit: appended to the journal ─► the replies leave
 *
 * The buffer saves a call to the system for each operation of an event. What is lost with it, at the
 * end of the process, nobody has been told of: the operation and its effect are as if they had never
 * been. When the journal has grown enough it is replaced by one that holds only what is still known.
 *
 * It knows a store, not a file: a simulated one will do.
 */
import type { SessionId } from "@faultline/protocol";
import type { Life } from "../core/life.ts";
import type { Responder } from "../core/responder.ts";
import type { ReplyMemory, Session, SessionTable } from "../core/session-table.ts";
import { JOURNAL_HEAD, type JournalRecord, recordBytes, writeRecord } from "./record.ts";

/** Where the bytes of a journal go. Every call has its effect before it returns, or throws. */
export interface JournalStore {
  /** Bytes in it. */
  readonly bytes: number;
  /** Adds bytes at the end, so that they survive the process, and if asked for the machine. */
  append(bytes: Uint8Array): void;
  /** Throws where what was appended could not be found again: somebody has removed the journal. */
  verify(): void;
  /** Puts another journal in its place, whole or not at all. */
  replace(parts: Iterable<Uint8Array>): void;
}

/** What a journaled memory is made of. */
export interface JournaledOptions {
  readonly table: SessionTable;
  readonly store: JournalStore;
  /** Its state goes into the journal with each operation. */
  readonly responder: Responder;
  /** What the core's clock counts from, in µs since 1970. */
  readonly epochUs: number;
  /** Above so many bytes, and twice what was needed last time, the journal is written anew. */
  readonly journalBytesMax: number;
}

const BUFFER_BYTES = 65_536;
const EMPTY = new Uint8Array(0);

/** @see module */
export class JournaledMemory implements ReplyMemory {
  readonly #options: JournaledOptions;
  #buffer: Uint8Array = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  /** The life that stands in the journal. */
  #written: Life;
  #compactAt: number;

  constructor(options: JournaledOptions) {
    this.#options = options;
    this.#written = options.table.life;
    this.#compactAt = Math.max(options.journalBytesMax, 2 * options.store.bytes);
  }

  get size(): number {
    return this.#options.table.size;
  }

  get life(): Life {
    return this.#options.table.life;
  }

  find(id: SessionId, nowUs: number): Session | undefined {
    return this.#options.table.find(id, nowUs);
  }

  roomInMs(nowUs: number): number {
    return this.#options.table.roomInMs(nowUs);
  }

  sweep(nowUs: number): void {
    this.#options.store.verify();
    this.#options.table.sweep(nowUs);
  }

  executed(session: Session, operation: number): void {
    const { epochUs, responder } = this.#options;
    const { life, id, ring, usedUs } = session;
    const state = responder.state?.save() ?? EMPTY;
    const entry = ring.entry(operation);
    const atUs = usedUs + epochUs;
    this.#add({ kind: "operation", session: id, operation, atUs, life, ...entry, state });
  }

  commit(): void {
    const { store, table } = this.#options;
    if (table.life !== this.#written) this.#writeLife(table.life);
    if (this.#used === 0) return;
    store.append(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
    if (store.bytes < this.#compactAt) return;
    this.compact();
  }

  /** Replaces the journal by what is still known. */
  compact(): void {
    const { journalBytesMax, store } = this.#options;
    this.#used = 0;
    store.replace(this.#snapshot());
    this.#compactAt = Math.max(journalBytesMax, 2 * store.bytes);
  }

  #writeLife(life: Life): void {
    this.#written = life;
    this.#add({ kind: "life", life, sinceUs: life.sinceUs + this.#options.epochUs });
  }

  #add(record: JournalRecord): void {
    const end = this.#used + recordBytes(record);
    if (end > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(2 * this.#buffer.length, end));
      larger.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = larger;
    }
    this.#used = writeRecord(this.#buffer, this.#used, record);
  }

  *#snapshot(): Generator<Uint8Array> {
    yield JOURNAL_HEAD;
    for (const record of this.#records()) {
      this.#add(record);
      if (this.#used < BUFFER_BYTES) continue;
      yield this.#buffer.subarray(0, this.#used);
      this.#used = 0;
    }
    yield this.#buffer.subarray(0, this.#used);
    this.#used = 0;
  }

  *#records(): Generator<JournalRecord> {
    const { epochUs, responder, table } = this.#options;
    const { life } = table;
    this.#written = life;
    yield { kind: "life", life, sinceUs: life.sinceUs + epochUs };
    const state = responder.state?.save();
    if (state !== undefined) yield { kind: "state", state };
    for (const { id, operation, life: since, usedUs } of table.floorEntries()) {
      yield { kind: "floor", session: id, operation, atUs: usedUs + epochUs, life: since };
    }
    for (const { id, life: since, ring, usedUs } of table.sessions()) {
      const of = { session: id, atUs: usedUs + epochUs, life: since };
      if (ring.floor >= 0) yield { kind: "floor", operation: ring.floor, ...of };
      for (const operation of ring.operations()) {
        yield { kind: "operation", operation, ...of, ...ring.entry(operation), state: EMPTY };
      }
    }
  }
}
