/**
 * Chunks of a log that wait for the end of the run: the first in memory, the rest in a file.
 *
 * The file has no name any more once it is open (where the system allows that), so nothing is left
 * behind however the process ends. It is written a quarter of a MiB at a time, and read as often as
 * is asked. A small run never touches a disk.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outside } from "../seal/seal.ts";

/** Bytes that stay in memory: what a run of some ten thousand messages carries. */
const MEMORY_BYTES_MAX = 8_388_608;

/** Where chunks are found: themselves, or their place in the file. */
type Place = Uint8Array | { readonly at: number; readonly bytes: number };

/** A list of chunks, in the order they were added. */
export interface ChunkList {
  add(chunk: Uint8Array): void;
  chunks(): Iterable<Uint8Array>;
}

/** Keeps the chunks of any number of lists; `close` forgets them all. */
export class Spill {
  readonly #memoryBytesMax: number;
  #memoryBytes = 0;
  #file: number | undefined;
  #fileBytes = 0;
  #folder: string | undefined;

  constructor(memoryBytesMax: number = MEMORY_BYTES_MAX) {
    this.#memoryBytesMax = memoryBytesMax;
  }

  /** A list of its own. */
  list(): ChunkList {
    const places: Place[] = [];
    return {
      add: (chunk) => void places.push(this.#keep(chunk)),
      chunks: () => this.#read(places),
    };
  }

  /** Gives memory and file back. */
  close(): void {
    const file = this.#file;
    const folder = this.#folder;
    this.#file = this.#folder = undefined;
    if (file !== undefined) closeSync(file);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }

  /** A simulated run adds chunks amid its events; a file is no part of it. */
  #keep(chunk: Uint8Array): Place {
    if (this.#memoryBytes + chunk.length <= this.#memoryBytesMax) {
      this.#memoryBytes += chunk.length;
      return chunk;
    }
    return outside(() => this.#write(chunk));
  }

  #write(chunk: Uint8Array): Place {
    const file = (this.#file ??= this.#open());
    const at = this.#fileBytes;
    for (let done = 0; done < chunk.length;) {
      done += writeSync(file, chunk, done, chunk.length - done, at + done);
    }
    this.#fileBytes += chunk.length;
    return { at, bytes: chunk.length };
  }

  #open(): number {
    const folder = mkdtempSync(join(tmpdir(), "faultline-capture-"));
    const path = join(folder, "log");
    this.#folder = folder;
    const file = openSync(path, "wx+", 0o600);
    try {
      rmSync(path);
      rmSync(folder, { recursive: true });
      this.#folder = undefined;
    } catch {
      // An open file keeps its name here: `close` removes it.
    }
    return file;
  }

  *#read(places: readonly Place[]): Generator<Uint8Array> {
    for (const place of places) {
      if (place instanceof Uint8Array) yield place;
      else yield this.#readAt(place);
    }
  }

  #readAt({ at, bytes }: { readonly at: number; readonly bytes: number }): Uint8Array {
    const chunk = new Uint8Array(bytes);
    for (let done = 0; done < bytes;) {
      const got = readSync(this.#file ?? -1, chunk, done, bytes - done, at + done);
      if (got === 0) throw new Error("Cannot read the log of a capture: its file is cut off");
      done += got;
    }
    return chunk;
  }
}
