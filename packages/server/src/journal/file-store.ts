/**
 * A journal as a file: the shell between journaled-memory.ts and the file system.
 *
 * Synchronous throughout: an operation must not be told of before it is written, and a promise in
 * between would let the next event overtake it. A write that fails throws, and with it ends the
 * worker: what was executed and not written is forgotten together with its effect, and told nobody.
 * The system goes on writing to a file that was removed: so it is asked, before a reply leaves, whether
 * the file still has a name.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { ServerError } from "../error.ts";
import type { JournalStore } from "./journaled-memory.ts";
import type { JournalRecord } from "./record.ts";
import { scanJournal } from "./scan.ts";

/**
 * What a record survives before its reply leaves.
 *
 * `process`  the end of the process, `kill -9` included: it is with the operating system
 * `machine`  a power failure too: it is on the disk (fdatasync), which costs a millisecond or so an event
 */
export type Durability = "process" | "machine";

/** Replies lie in a journal in the clear, also those of sealed links. */
const OWNER_ONLY = 0o600;

/** @see module */
export class FileStore implements JournalStore {
  readonly #path: string;
  readonly #durability: Durability;
  #file: number;
  #bytes: number;

  /** @param bytes how much of the file is good; the rest is cut off. */
  constructor(path: string, durability: Durability, bytes: number) {
    this.#path = path;
    this.#durability = durability;
    this.#file = openSync(path, "r+");
    this.#bytes = bytes;
    ftruncateSync(this.#file, bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(bytes: Uint8Array): void {
    this.#do(() => {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.#file, bytes, at, bytes.length - at, this.#bytes + at);
      }
      if (this.#durability === "machine") fdatasyncSync(this.#file);
    });
    this.#bytes += bytes.length;
    this.verify();
  }

  verify(): void {
    // Windows keeps a file that is open; there is always one name.
    if (fstatSync(this.#file).nlink > 0) return;
    const what = `the journal "${this.#path}" was removed while the server was running`;
    throw new ServerError("data-lost", `Cannot go on: ${what}.`);
  }

  replace(parts: Iterable<Uint8Array>): void {
    this.#do(() => {
      closeSync(this.#file);
      this.#bytes = replaceFile(this.#path, parts);
      this.#file = openSync(this.#path, "r+");
    });
  }

  #do(write: () => void): void {
    try {
      write();
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      const message = `Cannot write the journal "${this.#path}": ${detail}`;
      throw new ServerError("data-failed", message, { cause });
    }
  }
}

/** Puts a file in the place of another, whole or not at all, its owner's alone. @returns its bytes */
export function replaceFile(path: string, parts: Iterable<Uint8Array>): number {
  const fresh = `${path}.new`;
  const file = openSync(fresh, "w", OWNER_ONLY);
  let bytes = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length;) at += writeSync(file, part, at, part.length - at);
    bytes += part.length;
  }
  fsyncSync(file);
  closeSync(file);
  renameSync(fresh, path);
  syncFolder(dirname(path));
  return bytes;
}

/**
 * Reads a journal.
 *
 * @returns how many of its bytes are good, and how many follow that were cut short.
 * @throws {ServerError} `data-corrupt` naming file and offset.
 */
export function readJournal(
  path: string,
  tell: (record: JournalRecord) => void,
): { readonly bytes: number; readonly bytesCut: number } {
  const bytes = readFileSync(path);
  const scan = scanJournal(bytes, tell);
  if (scan.end === "corrupt") {
    const place = `the journal "${path}" at offset ${scan.offset}`;
    throw new ServerError("data-corrupt", `Cannot read ${place}: ${scan.reason}.`);
  }
  return { bytes: scan.bytes, bytesCut: bytes.length - scan.bytes };
}

/** Makes a rename last. Not every system can open a folder; then its own order has to do. */
function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, "r");
    fsyncSync(file);
    closeSync(file);
  } catch {
    // The rename itself has been done.
  }
}
