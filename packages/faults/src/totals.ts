/**
 * What faults counted before they were taken out or changed.
 *
 * A run with phases changes its plan many times, and a count that goes with its fault could no
 * longer be compared with anything. Only sums are kept, never the state of a fault.
 */
import { RETIRED_FAULTS_MAX } from "./limits.ts";
import { type FaultStats, mergeFaultStats } from "./stats.ts";

/** Stats of faults gone by, by id and kind; the oldest is forgotten beyond `RETIRED_FAULTS_MAX`. */
export class Totals {
  readonly #retired = new Map<string, FaultStats>();

  /** Keeps the stats of a fault that goes. */
  retire(stats: FaultStats): void {
    const key = keyOf(stats);
    const before = this.#retired.get(key);
    this.#retired.delete(key);
    this.#retired.set(key, before === undefined ? stats : mergeFaultStats(before, stats));
    if (this.#retired.size <= RETIRED_FAULTS_MAX) return;
    for (const oldest of this.#retired.keys()) {
      this.#retired.delete(oldest);
      return;
    }
  }

  /** The stats of the faults in force with what went before, then those of faults gone for good. */
  with(inForce: readonly FaultStats[]): FaultStats[] {
    const gone = new Map(this.#retired);
    const merged = inForce.map((stats) => {
      const before = gone.get(keyOf(stats));
      gone.delete(keyOf(stats));
      return before === undefined ? stats : mergeFaultStats(before, stats);
    });
    return [...merged, ...gone.values()];
  }
}

/** An id holds no blank, so the two parts cannot run together. */
function keyOf(stats: FaultStats): string {
  return `${stats.id} ${stats.kind}`;
}
