/**
 * Everything that waits for a time, ordered, with one armed timer for all of it.
 *
 *   lane   times that rise as they are set, as the timeouts of attempts do: a list, no searching
 *   heap   all other times
 *
 * Both are ordered by (due time, order of setting), so equal times keep their order. Entries carry
 * their own places: setting, moving and dropping one costs no allocation. A timer per attempt was
 * the road not taken: it costs more than the rest of a send. The armed timer is not moved when the
 * earliest entry goes away; it fires, finds nothing due and is armed anew.
 */
import type { Clock, Timer } from "@faultline/protocol";
import { DueHeap, isBefore } from "./due-heap.ts";
import type { Linked } from "./linked-list.ts";
import { LinkedList } from "./linked-list.ts";

/** Where an entry is: at a place in the heap, or one of these. */
const NOWHERE = -1;
const IN_LANE = -2;

/** Something that waits. The fields but `onDue` belong to `Deadlines`. */
export interface Due {
  dueUs: number;
  dueOrder: number;
  /** Place in the heap; -1: not set; -2: in the lane. */
  dueIndex: number;
  /** The time has come. The entry is no longer set and may be set again. */
  onDue(nowUs: number): void;
}

/** An entry that can go into the lane; while it is there, its links belong to the lane. */
export interface LaneDue extends Due, Linked<LaneDue> {}

/** The ordered set of entries. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #heap = new DueHeap<Due>();
  readonly #lane = new LinkedList<LaneDue>();
  #laneSize = 0;
  #order = 0;
  #timer: Timer | undefined;
  #armedUs = Infinity;
  #firing = false;
  readonly #fire = (): void => this.#run();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many entries are set. */
  get size(): number {
    return this.#heap.size + this.#laneSize;
  }

  /** Sets the entry's time, whether or not it was set before. */
  set(entry: Due, dueUs: number): void {
    if (entry.dueIndex === IN_LANE) this.delete(entry);
    entry.dueUs = dueUs;
    entry.dueOrder = this.#order++;
    this.#heap.put(entry);
    if (!this.#firing) this.#arm();
  }

  /** The same for a time that is most often later than those appended before: then much cheaper. */
  append(entry: LaneDue, dueUs: number): void {
    const { tail } = this.#lane;
    if (tail !== undefined && dueUs < tail.dueUs) {
      this.set(entry, dueUs);
      return;
    }
    this.delete(entry);
    entry.dueUs = dueUs;
    entry.dueOrder = this.#order++;
    entry.dueIndex = IN_LANE;
    this.#lane.push(entry);
    this.#laneSize++;
    if (dueUs < this.#armedUs && !this.#firing) this.#arm();
  }

  /** Takes the entry out; nothing happens where it is not in. */
  delete(entry: Due): void {
    if (entry.dueIndex === NOWHERE) return;
    if (entry.dueIndex !== IN_LANE) {
      this.#heap.delete(entry);
      return;
    }
    entry.dueIndex = NOWHERE;
    this.#laneSize--;
    this.#lane.delete(entry as LaneDue);
  }

  /** Cancels the armed timer; entries stay, but nothing comes due until the next `set`. */
  disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#armedUs = Infinity;
  }

  #first(): Due | undefined {
    const { head } = this.#lane;
    const { first } = this.#heap;
    if (head === undefined || first === undefined) return head ?? first;
    return isBefore(head, first) ? head : first;
  }

  #arm(): void {
    const first = this.#first();
    if (first === undefined || first.dueUs >= this.#armedUs) return;
    this.#timer?.cancel();
    this.#armedUs = first.dueUs;
    this.#timer = this.#clock.setTimer(first.dueUs, this.#fire);
  }

  #run(): void {
    this.#timer = undefined;
    this.#armedUs = Infinity;
    this.#firing = true;
    const nowUs = this.#clock.nowUs();
    try {
      for (;;) {
        const first = this.#first();
        if (first === undefined || first.dueUs > nowUs) break;
        this.delete(first);
        first.onDue(nowUs);
      }
    } finally {
      this.#firing = false;
      this.#arm();
    }
  }
}
