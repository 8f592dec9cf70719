/**
 * Reads files that a user named, and opens files that results go to.
 *
 * Reading is limited: a spec is a page of text, and `/dev/zero` must not fill the memory. Output
 * is written synchronously in blocks, so a full disk is noticed at once and a run of a million
 * messages keeps none of its lines. Failures are `ToolError`s that name the file and the reason.
 */
import { closeSync, openSync, readSync, writeFileSync, writeSync } from "node:fs";

import { ToolError } from "../exit.ts";
import { shown } from "../output/printable.ts";
import { reasonOf } from "../reasons.ts";

/** Largest spec file: the largest body the REST API takes, so both refuse the same specs. */
export const SPEC_BYTES_MAX = 1_048_576;

/** Lines are gathered up to this size before they are written. */
const BLOCK_CHARACTERS = 65_536;

function failure(verb: string, path: string, error: unknown): ToolError {
  return new ToolError(`Cannot ${verb} ${shown(path)}: ${reasonOf(error)}`, { cause: error });
}

/** Decodes UTF-8 strictly; a byte order mark is left out. @throws ToolError naming `from` */
export function decodeText(bytes: Uint8Array, from: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ToolError(`Cannot read ${from}: it is not UTF-8 text`, { cause: error });
  }
}

/**
 * The text of a file of at most `bytesMax` bytes.
 *
 * @throws ToolError when it cannot be read, is larger, or is not UTF-8
 */
export function readTextFile(path: string, bytesMax: number): string {
  const buffer = new Uint8Array(bytesMax + 1);
  let length = 0;
  try {
    const file = openSync(path, "r");
    try {
      for (let got = -1; got !== 0 && length < buffer.length; length += got) {
        got = readSync(file, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw failure("read", path, error);
  }
  if (length > bytesMax) {
    throw new ToolError(`Cannot read ${shown(path)}: it is larger than ${bytesMax} bytes`);
  }
  return decodeText(buffer.subarray(0, length), shown(path));
}

/** Checks that a file can be written, and empties it: before the work, not after it. */
export function prepareFile(path: string): void {
  writeTextFile(path, "");
}

/** Writes a whole file. @throws ToolError */
export function writeTextFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw failure("write", path, error);
  }
}

/** A file of lines, written in blocks. */
export class LineFile {
  readonly #path: string;
  readonly #file: number;
  #pending: string[] = [];
  #pendingCharacters = 0;
  #failed: ToolError | undefined;

  /** @throws ToolError when it cannot be opened for writing */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      throw failure("write", path, error);
    }
  }

  /** Takes one line. Never throws: a write failure is kept for `close`, later lines are dropped. */
  add(line: string): void {
    if (this.#failed !== undefined) return;
    this.#pending.push(line, "\n");
    this.#pendingCharacters += line.length + 1;
    if (this.#pendingCharacters >= BLOCK_CHARACTERS) this.#flush();
  }

  /** Writes what is left. @throws ToolError the first failure of the whole file */
  close(): void {
    this.#flush();
    closeSync(this.#file);
    if (this.#failed !== undefined) throw this.#failed;
  }

  #flush(): void {
    if (this.#failed !== undefined || this.#pending.length === 0) return;
    const bytes = new TextEncoder().encode(this.#pending.join(""));
    this.#pending = [];
    this.#pendingCharacters = 0;
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      this.#failed = failure("write", this.#path, error);
    }
  }
}
