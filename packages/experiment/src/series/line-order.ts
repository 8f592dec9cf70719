/**
 * Exchange lines of several runs at once, put in order: run after run, by index.
 *
 * The lines of the oldest run that is not over go out at once; those of later runs wait. Memory
 * stays bounded because a thread with LINES_AHEAD_MAX lines waiting lets its run lie still, between
 * two slices of its virtual time, where it cannot change what happens in it.
 */
import type { ExchangeLine } from "../result/types.ts";

/** Lines of one thread that may wait: some five megabytes. */
export const LINES_AHEAD_MAX = 16_384;

interface Batch {
  readonly lines: readonly ExchangeLine[];
  readonly taken: (count: number) => void;
}

/** See the top of the file. */
export class LineOrder {
  readonly #onLine: (line: ExchangeLine) => void;
  readonly #waiting = new Map<number, Batch[]>();
  #head = 0;

  constructor(onLine: (line: ExchangeLine) => void) {
    this.#onLine = onLine;
  }

  /** Lines that wait. */
  get waiting(): number {
    let count = 0;
    for (const batches of this.#waiting.values())
      for (const { lines } of batches) count += lines.length;
    return count;
  }

  /** Lines of a run have come; `taken` is called when they are out. */
  push(index: number, batch: Batch): void {
    if (index <= this.#head) {
      this.#release(index, batch);
      return;
    }
    const batches = this.#waiting.get(index);
    if (batches === undefined) this.#waiting.set(index, [batch]);
    else batches.push(batch);
  }

  /** Every run below this index is over. */
  advance(head: number): void {
    for (; this.#head < head; this.#head += 1) this.#releaseAll(this.#head + 1);
  }

  /** Nothing more will come: everything goes out. */
  close(): void {
    for (const index of [...this.#waiting.keys()].toSorted((a, b) => a - b))
      this.#releaseAll(index);
  }

  #releaseAll(index: number): void {
    const batches = this.#waiting.get(index) ?? [];
    this.#waiting.delete(index);
    for (const batch of batches) this.#release(index, batch);
  }

  #release(index: number, { lines, taken }: Batch): void {
    for (const line of lines) this.#onLine({ run: index, ...line });
    taken(lines.length);
  }
}
