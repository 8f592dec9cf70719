/**
 * The sequence floors of sessions whose replies are forgotten: what is left of "exactly once" when
 * their lifetime is over.
 *
 * A floor is one number, the highest operation that a session had executed; up to it nothing is
 * executed any more. So floors can be kept for far more sessions than replies, and for as long as
 * there is room. Where there is none the oldest go, a quarter of all at once: each time that happens
 * the memory begins a new life (life.ts), and a life that lasted for one session would wear out the
 * tags. Oldest is who was forgotten first.
 */
import type { SessionId } from "@faultline/protocol";
import type { Life } from "./life.ts";

/** What is left of a session. */
export interface Floor {
  readonly id: SessionId;
  /** Its highest executed operation; -1: none. */
  readonly operation: number;
  /** Since when it is known without a gap. */
  readonly life: Life;
  /** When it was last heard of, in µs. */
  readonly usedUs: number;
}

const QUARTER = 4;

/** @see module */
export class FloorBook {
  readonly #max: number;
  readonly #floors = new Map<string, Floor>();

  /** @param max how many are kept, at least 1 */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Keeps the floor of a session that is forgotten.
   *
   * @returns where older ones had to go: when the last of those was heard of, in µs.
   */
  add(key: string, floor: Floor): number | undefined {
    const lostUs = this.#floors.size < this.#max ? undefined : this.#dropOldest();
    this.#floors.set(key, floor);
    return lostUs;
  }

  /** The floor of a session that comes back; it is in the book no more. */
  take(key: string): Floor | undefined {
    const floor = this.#floors.get(key);
    if (floor !== undefined) this.#floors.delete(key);
    return floor;
  }

  /** All of them, the oldest first. */
  entries(): Iterable<Floor> {
    return this.#floors.values();
  }

  #dropOldest(): number {
    let left = Math.ceil(this.#max / QUARTER);
    let lostUs = 0;
    for (const [key, { usedUs }] of this.#floors) {
      if (left-- === 0) break;
      this.#floors.delete(key);
      if (usedUs > lostUs) lostUs = usedUs;
    }
    return lostUs;
  }
}
