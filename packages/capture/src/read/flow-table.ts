/**
 * What is remembered of each direction of each conversation while a file is read, within bounds.
 *
 * A file may hold any number of conversations that never end. Where there are too many of them, or
 * they hold too much that is not whole, the one that was silent longest is forgotten: what comes of
 * it later is read as if it began there.
 */

/** Directions that are remembered: those of some thirty thousand connections at once. */
export const FLOWS_MAX = 65_536;
/** Bytes of what is not whole yet, of all directions together. */
export const HELD_BYTES_MAX = 67_108_864;

/** Something that keeps bytes. */
export interface Holder {
  readonly heldBytes: number;
}

/** The bounds, where others are wanted. */
export interface FlowTableLimits {
  /** @default 65_536 */
  readonly flowsMax?: number;
  /** @default 67_108_864 */
  readonly heldBytesMax?: number;
}

/** @see module */
export class FlowTable<Flow extends Holder> {
  readonly #flows = new Map<string, { readonly flow: Flow; heldBytes: number }>();
  readonly #flowsMax: number;
  readonly #heldBytesMax: number;
  readonly #onForgotten: (flow: Flow) => void;
  #heldBytes = 0;

  /** @param onForgotten is told of what is given up for others */
  constructor(onForgotten: (flow: Flow) => void = () => {}, limits: FlowTableLimits = {}) {
    this.#onForgotten = onForgotten;
    this.#flowsMax = limits.flowsMax ?? FLOWS_MAX;
    this.#heldBytesMax = limits.heldBytesMax ?? HELD_BYTES_MAX;
  }

  /** Number of directions remembered. */
  get size(): number {
    return this.#flows.size;
  }

  /** The flow of a direction, for one turn: made where there is none, and counted anew after it. */
  use<Outcome>(key: string, make: () => Flow, turn: (flow: Flow) => Outcome): Outcome {
    const entry = this.#flows.get(key) ?? { flow: make(), heldBytes: 0 };
    this.#flows.delete(key);
    this.#flows.set(key, entry);
    const outcome = turn(entry.flow);
    this.#heldBytes += entry.flow.heldBytes - entry.heldBytes;
    entry.heldBytes = entry.flow.heldBytes;
    this.#bound();
    return outcome;
  }

  /** Forgets a direction: it begins anew. */
  delete(key: string): void {
    this.#heldBytes -= this.#flows.get(key)?.heldBytes ?? 0;
    this.#flows.delete(key);
  }

  /** All that are remembered. */
  *flows(): Generator<Flow> {
    for (const { flow } of this.#flows.values()) yield flow;
  }

  #bound(): void {
    for (const [key, { flow }] of this.#flows) {
      const isWithin = this.#flows.size <= this.#flowsMax && this.#heldBytes <= this.#heldBytesMax;
      if (isWithin) return;
      this.delete(key);
      this.#onForgotten(flow);
    }
  }
}
