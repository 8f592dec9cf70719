/**
 * A capture on a disk, a window at a time: it may be far larger than the memory.
 *
 * A window is never written to again, so what was read from it stays as it is for as long as somebody
 * holds it.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

import type { CaptureSource } from "@faultline/capture";

import { ToolError } from "../exit.ts";
import { shown } from "../output/printable.ts";
import { reasonOf } from "../reasons.ts";

/** Bytes that are read at once. */
const WINDOW_BYTES = 1_048_576;

/** @see module */
export class CaptureFileSource implements CaptureSource {
  readonly length: number;
  readonly #path: string;
  readonly #file: number;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  /** @throws ToolError */
  constructor(path: string) {
    this.#path = path;
    this.#file = this.#orFail(() => openSync(path, "r"));
    try {
      const stat = this.#orFail(() => fstatSync(this.#file));
      // A pipe says that it has no bytes, and would be taken for an empty file.
      if (!stat.isFile() && !stat.isDirectory()) {
        const why = "it is no file, but a pipe or a device: put it into a file first";
        throw new ToolError(`Cannot read ${shown(path)}: ${why}`);
      }
      this.length = stat.size;
      this.#fill(0, WINDOW_BYTES);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @throws ToolError where the file cannot be read any more */
  read(at: number, length: number): Uint8Array {
    const isThere = at >= this.#windowAt && at + length <= this.#windowAt + this.#window.length;
    if (!isThere) this.#fill(at, Math.max(length, WINDOW_BYTES));
    const from = at - this.#windowAt;
    return this.#window.subarray(from, from + length);
  }

  close(): void {
    closeSync(this.#file);
  }

  #fill(at: number, bytesMax: number): void {
    const bytes = new Uint8Array(Math.max(0, Math.min(bytesMax, this.length - at)));
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got) {
      const place = at + length;
      got = this.#orFail(() => readSync(this.#file, bytes, length, bytes.length - length, place));
    }
    this.#window = bytes.subarray(0, length);
    this.#windowAt = at;
  }

  #orFail<Value>(work: () => Value): Value {
    try {
      return work();
    } catch (error) {
      throw new ToolError(`Cannot read ${shown(this.#path)}: ${reasonOf(error)}`, { cause: error });
    }
  }
}
