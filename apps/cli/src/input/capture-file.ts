/**
 * The file that a capture goes to: whole, or not there.
 *
 * It is written beside its place, under its name and `.part`, and takes its place when it is whole:
 * a capture of an earlier run is there until then. What is no regular file (`/dev/null`, a pipe) is
 * written as it is.
 */
import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";

import { ToolError } from "../exit.ts";
import { shown } from "../output/printable.ts";
import { reasonOf } from "../reasons.ts";

/** @see module */
export class CaptureFile {
  readonly #path: string;
  /** Where the bytes go until they are whole. */
  readonly #part: string;
  readonly #file: number;
  #failed: ToolError | undefined;

  /** @throws ToolError when it cannot be opened for writing */
  constructor(path: string) {
    this.#path = path;
    try {
      const there = statSync(path, { throwIfNoEntry: false });
      if (there?.isDirectory() === true)
        throw Object.assign(new Error("folder"), { code: "EISDIR" });
      this.#part = there === undefined || there.isFile() ? `${path}.part` : path;
      this.#file = openSync(this.#part, "w");
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Takes a piece. Never throws: a write failure is kept for `close`. */
  add(bytes: Uint8Array): void {
    if (this.#failed !== undefined) return;
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      this.#failed = this.#failure(error);
    }
  }

  /** The file is whole. @throws ToolError the first failure of the whole file */
  close(): void {
    closeSync(this.#file);
    try {
      if (this.#failed === undefined && this.#part !== this.#path) {
        renameSync(this.#part, this.#path);
      }
    } catch (error) {
      this.#failed = this.#failure(error);
    }
    if (this.#failed === undefined) return;
    this.#remove();
    throw this.#failed;
  }

  /** There will be no capture. */
  discard(): void {
    closeSync(this.#file);
    this.#remove();
  }

  #remove(): void {
    if (this.#part !== this.#path) rmSync(this.#part, { force: true });
  }

  #failure(error: unknown): ToolError {
    return new ToolError(`Cannot write ${shown(this.#path)}: ${reasonOf(error)}`, { cause: error });
  }
}
