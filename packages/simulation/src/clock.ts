/**
 * The clock of a process: virtual time as that process sees it.
 *
 * A skewed clock shows `offsetUs + floor(t * numerator / denominator)`: integers all the way, so
 * a drift of 50 parts in a million is exact after a month. Timers are set in the process's own
 * time and fire at the first moment of the world at which its clock shows it. The skew stays as
 * it is for the life of the node: this is a monotonic clock, and those do not jump.
 */
import type { Clock, Timer } from "@faultline/protocol";
import { settingRefusal } from "@faultline/protocol";
import type { Owner } from "./event.ts";
import type { Kernel } from "./kernel.ts";
import { integerOf, TIME_US_MAX } from "./limits.ts";

/** How a clock differs from the world's. */
export interface ClockSkew {
  /** What it shows at the world's time 0. @default 0 */
  readonly offsetUs?: number;
  /** Its microseconds in so many of the world's: `[1_000_050, 1_000_000]` gains 50 µs a second. @default [1, 1] */
  readonly rate?: readonly [numerator: number, denominator: number];
}

/** Largest term of a rate: its product with a remainder of the other stays an exact integer. */
const RATE_MAX = 2 ** 26;

/** Time for one process; its timers end with it. */
export class ProcessClock implements Clock {
  readonly #kernel: Kernel;
  readonly #owner: Owner;
  readonly #skew: Skew;

  constructor(kernel: Kernel, owner: Owner, skew: Skew) {
    this.#kernel = kernel;
    this.#owner = owner;
    this.#skew = skew;
  }

  nowUs(): number {
    return this.#skew.localUs(this.#kernel.nowUs);
  }

  setTimer(atUs: number, run: () => void): Timer {
    const earliestUs = this.nowUs();
    const dueUs = atUs > earliestUs ? this.#skew.worldUs(atUs) : this.#kernel.nowUs;
    return this.#kernel.setTimer(dueUs, run, this.#owner);
  }

  defer(run: () => void): void {
    this.#kernel.defer(run, this.#owner);
  }
}

/** A checked skew, there and back. */
export class Skew {
  readonly #offsetUs: number;
  readonly #numerator: number;
  readonly #denominator: number;

  /** @throws RangeError or TypeError where a setting is no integer within its bounds. */
  constructor(skew: ClockSkew = {}) {
    const doing = "skew a clock";
    const [numerator, denominator] = skew.rate ?? [1, 1];
    const offset = { doing, name: "offsetUs", value: skew.offsetUs ?? 0 };
    this.#offsetUs = integerOf(offset, -TIME_US_MAX, TIME_US_MAX);
    this.#numerator = integerOf({ doing, name: "rate[0]", value: numerator }, 1, RATE_MAX);
    this.#denominator = integerOf({ doing, name: "rate[1]", value: denominator }, 1, RATE_MAX);
    if (numerator > denominator * 2) {
      const rule = "at most 2: a clock that is twice as fast is already no clock";
      throw new RangeError(
        settingRefusal({ doing, name: "rate", value: numerator / denominator }, rule),
      );
    }
  }

  /** What the clock shows at a time of the world. */
  localUs(worldUs: number): number {
    if (this.#numerator === this.#denominator) return worldUs + this.#offsetUs;
    const rest = worldUs % this.#denominator;
    const whole = (worldUs - rest) / this.#denominator;
    const part = Math.floor((rest * this.#numerator) / this.#denominator);
    return this.#offsetUs + whole * this.#numerator + part;
  }

  /** The first time of the world at which the clock shows `localUs` or more. */
  worldUs(localUs: number): number {
    const sinceUs = localUs - this.#offsetUs;
    if (this.#numerator === this.#denominator) return sinceUs;
    const rest = sinceUs % this.#numerator;
    const whole = (sinceUs - rest) / this.#numerator;
    return whole * this.#denominator + Math.ceil((rest * this.#denominator) / this.#numerator);
  }
}
