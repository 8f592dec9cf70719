/**
 * Counts how many are inside, up to a limit: for requests that stay open. Who can be told apart may be
 * inside so many times only, so that one does not keep out all others.
 */

/** Lets so many in at once. */
export class Gate {
  readonly #max: number;
  readonly #eachMax: number;
  readonly #insideOf = new Map<string, number>();
  #inside = 0;

  /** @param eachMax of one name. @default as many as of all */
  constructor(max: number, eachMax: number = max) {
    this.#max = max;
    this.#eachMax = eachMax;
  }

  /** How many are inside. */
  get inside(): number {
    return this.#inside;
  }

  /**
   * A way out, to be called once, or undefined if it is full.
   * @param name of who wants in, where that is known
   */
  enter(name?: string): (() => void) | undefined {
    if (this.#inside >= this.#max) return undefined;
    if (name !== undefined && this.#of(name) >= this.#eachMax) return undefined;
    this.#count(name, 1);
    let left = false;
    return () => {
      if (!left) this.#count(name, -1);
      left = true;
    };
  }

  #of(name: string): number {
    return this.#insideOf.get(name) ?? 0;
  }

  #count(name: string | undefined, change: 1 | -1): void {
    this.#inside += change;
    if (name === undefined) return;
    const inside = this.#of(name) + change;
    if (inside === 0) this.#insideOf.delete(name);
    else this.#insideOf.set(name, inside);
  }
}
