/**
 * How far the thread of a run is ahead of the store, in lines: a count that both threads see.
 *
 *   run's thread    sent ─► more than may be under way? ─► stands still
 *   service thread  kept ─► taken ───────────────────────► goes on
 *
 * A simulated run tells its exchanges faster than some disks take them, and a message port has no
 * limit of its own. The run stands still where it is, in the middle of an event: lines are told from
 * within a run, where nothing can be awaited. A real run notices it by its own clock, as it would
 * notice a machine that is too slow for it.
 */

/** Lines that may be under way: some five MiB, and a quarter of a second of a simulated run. */
export const LINES_AHEAD_MAX = 16_384;

/** The count of one thread, seen from one side. */
export class Ahead {
  /** What the other side needs to see the same count. */
  readonly shared: SharedArrayBuffer;
  readonly #taken: Int32Array<SharedArrayBuffer>;
  #sent = 0;

  /** @param shared the other side's. @default a new count */
  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#taken = new Int32Array(shared);
  }

  /** The run's side: so many more are under way. Returns when there is room for more. */
  send(lines: number): void {
    this.#sent = (this.#sent + lines) | 0;
    for (;;) {
      const taken = Atomics.load(this.#taken, 0);
      if (((this.#sent - taken) | 0) <= LINES_AHEAD_MAX) return;
      Atomics.wait(this.#taken, 0, taken);
    }
  }

  /** The service's side: so many have been dealt with. */
  take(lines: number): void {
    Atomics.add(this.#taken, 0, lines);
    Atomics.notify(this.#taken, 0);
  }
}
