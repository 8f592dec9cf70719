/**
 * Counts how many are inside, up to a limit: for requests that stay open.
 */

/** Lets so many in at once. */
export class Gate {
  readonly #max: number;
  #inside = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** How many are inside. */
  get inside(): number {
    return this.#inside;
  }

  /** A way out, to be called once, or undefined if it is full. */
  enter(): (() => void) | undefined {
    if (this.#inside >= this.#max) return undefined;
    this.#inside += 1;
    let left = false;
    return () => {
      if (!left) this.#inside -= 1;
      left = true;
    };
  }
}
