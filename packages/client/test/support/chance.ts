/** Chance of a random test: the same course for the same seed. */
import { numbers } from "@faultline/testkit";

export class Chance {
  /** Unsigned 32-bit integers, for whoever else draws from the same stream. */
  readonly draw: () => number;

  constructor(seed: number) {
    this.draw = numbers(seed);
  }

  /** True with so many chances in a hundred. */
  happens(share: number): boolean {
    return this.below(100) < share;
  }

  below(limit: number): number {
    return this.draw() % limit;
  }
}
