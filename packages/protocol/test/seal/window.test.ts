import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplayWindow } from "../../src/seal/window.ts";
import "../support.ts";

/** The definition: everything that was marked, for ever. */
class Remembering {
  readonly #seen = new Set<number>();
  #highest = -1;
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  isNew(sequence: number): boolean {
    return sequence > this.#highest - this.size && !this.#seen.has(sequence);
  }

  mark(sequence: number): void {
    this.#seen.add(sequence);
    this.#highest = Math.max(this.#highest, sequence);
  }
}

describe.each([64, 96, 1024])("a window of %i", (size) => {
  test("says of any numbers, in any order, what a memory without end would say", () => {
    const step = fc.oneof(
      fc.integer({ min: -2 * size, max: 3 }),
      fc.integer({ min: 1, max: 3 * size }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(2 ** 48), (steps, first) => {
        const window = new ReplayWindow(size);
        const memory = new Remembering(size);
        let highest = first;
        for (const by of steps) {
          const sequence = Math.max(0, highest + by);
          expect(window.isNew(sequence)).toBe(memory.isNew(sequence));
          if (!memory.isNew(sequence)) continue;
          window.mark(sequence);
          memory.mark(sequence);
          highest = Math.max(highest, sequence);
          expect(window.isNew(sequence)).toBe(false);
        }
      }),
    );
  });

  test("holds as many numbers as it says, and not one more", () => {
    const window = new ReplayWindow(size);
    window.mark(size);
    expect(window.isNew(1)).toBe(true);
    expect(window.isNew(0)).toBe(false);
  });

  test("does not move when it is only asked", () => {
    const window = new ReplayWindow(size);
    window.mark(5);
    expect(window.isNew(2 ** 52)).toBe(true);
    expect(window.isNew(6)).toBe(true);
    expect(window.isNew(4)).toBe(true);
    expect(window.highest).toBe(5);
  });
});
