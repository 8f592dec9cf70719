/**
 * The baseline of a simulation: the shortest event loop there is, a binary heap and a callback.
 *
 * It has no owners, classes, cancelling, digest, limits or trace; it is what somebody writes who
 * needs none of them. Equal times keep their order, as everywhere.
 */

interface Entry {
  readonly timeUs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** Times and callbacks, earliest first. */
export class BareHeap {
  nowUs = 0;
  readonly #entries: Entry[] = [];
  #sequence = 0;

  schedule(timeUs: number, run: () => void): void {
    const entry = { timeUs, sequence: this.#sequence++, run };
    const entries = this.#entries;
    let hole = entries.length;
    entries.push(entry);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!isBefore(entry, entries[parent]!)) break;
      entries[hole] = entries[parent]!;
      hole = parent;
    }
    entries[hole] = entry;
  }

  /** Calls the next one; false where none is left. */
  step(): boolean {
    const entries = this.#entries;
    const first = entries[0];
    if (first === undefined) return false;
    const last = entries.pop()!;
    if (last !== first) this.#sink(last);
    this.nowUs = first.timeUs;
    first.run();
    return true;
  }

  #sink(entry: Entry): void {
    const entries = this.#entries;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && isBefore(entries[child + 1]!, entries[child]!)) child++;
      if (!isBefore(entries[child]!, entry)) break;
      entries[hole] = entries[child]!;
      hole = child;
    }
    entries[hole] = entry;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return (
    one.timeUs < other.timeUs || (one.timeUs === other.timeUs && one.sequence < other.sequence)
  );
}
