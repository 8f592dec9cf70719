/**
 * The event queue: a 4-ary heap ordered by (time, order).
 *
 * Keys lie in typed arrays beside the events, so a comparison reads no object. `order` holds the
 * class and the sequence number in one integer and is unique, so the order of events is total
 * and does not depend on how the heap happens to lie. A cancelled event stays until it is met or
 * swept out: cancelling is then one store, and keeping every event's place up to date, the road
 * not taken, would make every other move dearer.
 */
import type { KernelEvent } from "./event.ts";

const CAPACITY_START = 256;
/** Below this many cancelled events a sweep is not worth its while. */
const SWEEP_MIN = 64;

/** Events by time. */
export class EventHeap {
  #times = new Float64Array(CAPACITY_START);
  #orders = new Float64Array(CAPACITY_START);
  readonly #events: (KernelEvent | undefined)[] = [];
  #size = 0;
  #cancelled = 0;

  /** The earliest event, or undefined when there is none. */
  get first(): KernelEvent | undefined {
    return this.#events[0];
  }

  /** Time of the earliest event; undefined behaviour when there is none. */
  get firstTimeUs(): number {
    return this.#times[0] as number;
  }

  /** Class and sequence of the earliest event, as they were pushed. */
  get firstOrder(): number {
    return this.#orders[0] as number;
  }

  push(timeUs: number, order: number, event: KernelEvent): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const orders = this.#orders;
    const events = this.#events;
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      const parentTime = times[parent] as number;
      if (parentTime < timeUs) break;
      if (parentTime === timeUs && (orders[parent] as number) < order) break;
      times[hole] = parentTime;
      orders[hole] = orders[parent] as number;
      events[hole] = events[parent];
      hole = parent;
    }
    times[hole] = timeUs;
    orders[hole] = order;
    events[hole] = event;
  }

  /** Takes the earliest event out. */
  pop(): void {
    const last = --this.#size;
    const event = this.#events[last];
    this.#events[last] = undefined;
    if (last > 0) {
      this.#sink(0, this.#times[last] as number, this.#orders[last] as number, event);
    }
  }

  /** Takes note that an event in here was cancelled; sweeps when half of them were. */
  cancelled(): void {
    this.#cancelled++;
    if (this.#cancelled >= SWEEP_MIN && this.#cancelled * 2 > this.#size) this.#sweep();
  }

  /** Takes note that a cancelled event was met and taken out. */
  passedOver(): void {
    this.#cancelled--;
  }

  /** Lets this event sink from `hole` to its place. */
  #sink(start: number, timeUs: number, order: number, event: KernelEvent | undefined): void {
    const times = this.#times;
    const orders = this.#orders;
    const events = this.#events;
    const size = this.#size;
    let hole = start;
    for (;;) {
      const child = this.#leastChild(hole, size);
      if (child < 0) break;
      const childTime = times[child] as number;
      if (childTime > timeUs) break;
      if (childTime === timeUs && (orders[child] as number) > order) break;
      times[hole] = childTime;
      orders[hole] = orders[child] as number;
      events[hole] = events[child];
      hole = child;
    }
    times[hole] = timeUs;
    orders[hole] = order;
    events[hole] = event;
  }

  /** The earliest of up to four children, or -1. */
  #leastChild(parent: number, size: number): number {
    const from = (parent << 2) + 1;
    if (from >= size) return -1;
    const times = this.#times;
    const orders = this.#orders;
    const end = from + 4 < size ? from + 4 : size;
    let least = from;
    let leastTime = times[from] as number;
    for (let child = from + 1; child < end; child++) {
      const time = times[child] as number;
      if (time > leastTime) continue;
      if (time === leastTime && (orders[child] as number) > (orders[least] as number)) continue;
      least = child;
      leastTime = time;
    }
    return least;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
    const orders = new Float64Array(this.#orders.length * 2);
    orders.set(this.#orders);
    this.#orders = orders;
  }

  /** Drops the cancelled events and builds the heap anew from what remains. */
  #sweep(): void {
    const before = this.#size;
    let kept = 0;
    for (let index = 0; index < before; index++) {
      const event = this.#events[index];
      if (event?.live !== true) continue;
      this.#times[kept] = this.#times[index] as number;
      this.#orders[kept] = this.#orders[index] as number;
      this.#events[kept] = event;
      kept++;
    }
    this.#events.fill(undefined, kept, before);
    this.#size = kept;
    this.#cancelled = 0;
    for (let index = (kept - 2) >> 2; index >= 0; index--) {
      const event = this.#events[index];
      this.#sink(index, this.#times[index] as number, this.#orders[index] as number, event);
    }
  }
}
