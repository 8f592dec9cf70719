/**
 * Opens a worker's journal: what it remembers is put into memory and responder, and it goes on from
 * there.
 */
import type { Life } from "../core/life.ts";
import type { Responder } from "../core/responder.ts";
import { SessionTable } from "../core/session-table.ts";
import type { ServerLimits } from "../limits.ts";
import { type Durability, FileStore, readJournal } from "./file-store.ts";
import { JournaledMemory } from "./journaled-memory.ts";
import { Restoring } from "./restore.ts";

/** Where a journal is and how it is kept. */
export interface JournalSetup {
  readonly path: string;
  readonly durability: Durability;
}

/** What it is opened with. */
export interface JournalParts {
  readonly limits: ServerLimits;
  /** Of a journal that says nothing of its own. */
  readonly life: Life;
  readonly responder: Responder;
  /** What the core's clock counts from, in µs since 1970. */
  readonly epochUs: number;
}

/** A memory, and what it came back with. */
export interface OpenedJournal {
  readonly memory: JournaledMemory;
  readonly operations: number;
  readonly bytesCut: number;
}

/** @throws {ServerError} `data-corrupt`; what the file system throws */
export function openJournal(
  { path, durability }: JournalSetup,
  { limits, life, responder, epochUs }: JournalParts,
): OpenedJournal {
  const table = new SessionTable(limits, life);
  const restoring = new Restoring({ table, responder, epochUs });
  const { bytes, bytesCut } = readJournal(path, (record) => restoring.take(record));
  restoring.finish();
  const store = new FileStore(path, durability, bytes);
  const { journalBytesMax } = limits;
  const memory = new JournaledMemory({ table, store, responder, epochUs, journalBytesMax });
  return { memory, operations: restoring.operations, bytesCut };
}
