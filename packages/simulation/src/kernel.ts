/**
 * The discrete-event kernel: one queue, one time, one digest.
 *
 * Events fire in the order of (time, class, sequence). Everything an event causes at once happens
 * inside its `fire` or in the calls it deferred, before the next event: there is no promise, no
 * real timer and no chance in here, so a run is a function of what was put in. It knows neither
 * nodes nor packets. Fixed ticks were the road not taken: time jumps to the next event, and an
 * idle hour costs nothing.
 */
import type { Timer } from "@faultline/protocol";
import { settingRefusal } from "@faultline/protocol";
import { Deferred } from "./deferred.ts";
import { Digest } from "./digest.ts";
import type { EventClassCode, KernelEvent, Owner } from "./event.ts";
import { EventClass, Mode, WORLD } from "./event.ts";
import { EventHeap } from "./heap.ts";
import type { KernelLimits } from "./limits.ts";
import { kernelLimitsOf, SimulationError, TIME_US_MAX } from "./limits.ts";
import { TimerEvent } from "./timer.ts";
import type { Trace } from "./trace.ts";

/** Class and sequence share one integer: below 2^50 the sequence, above it the class. */
const SEQUENCES: number = 2 ** 50;

/** How long a run goes on. */
export interface RunUntil {
  /** Everything up to this time happens, it included; then the time is this. @default no end */
  readonly timeUs?: number;
  /** Asked before each event; the run ends when it says true. @default never */
  readonly done?: () => boolean;
}

/** Why a run ended: nothing left to do, the time was up, or it was said to be done. */
export type RunEnd = "done" | "idle" | "time";

/** The settings of a kernel. */
export interface KernelOptions {
  readonly limits?: Partial<KernelLimits> | undefined;
  readonly trace?: Trace | undefined;
}

/** Time, and what happens in it. */
export class Kernel {
  readonly limits: KernelLimits;
  readonly #heap = new EventHeap();
  readonly #digest = new Digest();
  readonly #trace: Trace | undefined;
  #nowUs = 0;
  #sequence = 0;
  #events = 0;
  #stalled = 0;
  #running = false;
  readonly #deferred = new Deferred(this);

  constructor(options: KernelOptions = {}) {
    this.limits = kernelLimitsOf(options.limits);
    this.#trace = options.trace;
  }

  /** Microseconds since the start, an integer. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** Events fired so far. */
  get events(): number {
    return this.#events;
  }

  /** 16 hex digits over every event so far and what it noted. */
  get digest(): string {
    return this.#digest.toString();
  }

  /** Adds the low 32 bits of a word to the digest: what an event's time and kind do not tell. */
  note(word: number): void {
    this.#digest.add(word);
  }

  /** Puts an event into the queue; a time that has passed means now. */
  schedule(event: KernelEvent, atUs: number, eventClass: EventClassCode): void {
    event.live = true;
    const timeUs = atUs > this.#nowUs ? atUs : this.#nowUs;
    this.#heap.push(timeUs, eventClass * SEQUENCES + this.#sequence++, event);
  }

  /** Takes an event out of the queue, where it still is in there. */
  cancel(event: KernelEvent): void {
    if (!event.live) return;
    event.live = false;
    this.#heap.cancelled();
  }

  /**
   * Calls `run` once at `atUs`, or now where that has passed.
   *
   * @throws RangeError where `atUs` is no integer time.
   */
  setTimer(atUs: number, run: () => void, owner: Owner = WORLD): Timer {
    return this.#setTimer(atUs, new TimerEvent(this, owner, run), EventClass.timer);
  }

  /** As `setTimer`, but before everything else that happens at that time. */
  setControl(atUs: number, run: () => void): Timer {
    return this.#setTimer(atUs, new TimerEvent(this, WORLD, run), EventClass.control);
  }

  #setTimer(atUs: number, event: TimerEvent, eventClass: EventClassCode): Timer {
    if (!Number.isInteger(atUs) || atUs > TIME_US_MAX) {
      const setting = { doing: "set a timer", name: "atUs", value: atUs };
      throw new RangeError(settingRefusal(setting, `an integer of at most ${TIME_US_MAX}`));
    }
    this.schedule(event, atUs, eventClass);
    return event;
  }

  /** Calls `run` after the current event and before the next one; between runs, at the next one's start. */
  defer(run: () => void, owner: Owner = WORLD): void {
    this.#deferred.push(run, owner);
  }

  /** Fires the next event. @returns false when there is none. */
  step(): boolean {
    const before = this.#events;
    return this.run({ done: () => this.#events > before }) === "done";
  }

  /**
   * Fires events until one of the ends, or until nothing is left.
   *
   * @throws SimulationError `events-max`, `virtual-time-max`, `livelock`
   */
  run(until: RunUntil = {}): RunEnd {
    if (this.#running) throw new Error("Cannot run a kernel that is running: an event called run");
    this.#running = true;
    try {
      return this.#run(until.timeUs ?? Infinity, until.done);
    } finally {
      this.#running = false;
    }
  }

  #run(timeUs: number, done: (() => boolean) | undefined): RunEnd {
    const heap = this.#heap;
    if (!this.#deferred.isEmpty) this.#settle();
    for (;;) {
      if (done !== undefined && done()) return "done";
      const event = this.#next();
      if (event === undefined || heap.firstTimeUs > timeUs) {
        if (timeUs !== Infinity && timeUs > this.#nowUs) this.#moveTo(timeUs);
        return event === undefined ? "idle" : "time";
      }
      this.#fire(event);
    }
  }

  /** The next event that may fire, left in the queue. */
  #next(): KernelEvent | undefined {
    const heap = this.#heap;
    for (;;) {
      const event = heap.first;
      if (event === undefined) return undefined;
      const { mode } = event.owner;
      if (event.live && mode === Mode.running) return event;
      heap.pop();
      if (!event.live) heap.passedOver();
      else if (mode === Mode.paused) event.owner.hold(event);
      else event.live = false;
    }
  }

  #fire(event: KernelEvent): void {
    const heap = this.#heap;
    const timeUs = heap.firstTimeUs;
    const order = heap.firstOrder;
    if (timeUs > this.#nowUs) this.#moveTo(timeUs);
    this.#count();
    if (this.#events >= this.limits.eventsMax) this.#stop("events-max", "events", "eventsMax");
    heap.pop();
    event.live = false;
    this.#events++;
    this.#digest.addInteger(timeUs);
    this.#digest.addInteger(order);
    this.#digest.add(event.kind);
    const trace = this.#trace;
    if (trace !== undefined) {
      const place = { class: Math.floor(order / SEQUENCES), sequence: order % SEQUENCES };
      trace.begin(timeUs, place, event);
    }
    event.fire();
    if (!this.#deferred.isEmpty) this.#settle();
    if (trace !== undefined) trace.end(this.#digest.lane);
  }

  /** Makes the calls that were deferred, and those that they defer in turn. */
  #settle(): void {
    do this.#count();
    while (this.#deferred.next());
  }

  #moveTo(timeUs: number): void {
    if (timeUs > this.limits.virtualTimeUsMax) {
      this.#stop("virtual-time-max", "virtual microseconds", "virtualTimeUsMax");
    }
    this.#nowUs = timeUs;
    this.#stalled = 0;
  }

  #count(): void {
    if (this.#stalled >= this.limits.stalledEventsMax) {
      this.#stop("livelock", "events while the time stood still", "stalledEventsMax");
    }
    this.#stalled++;
  }

  #stop(code: SimulationError["code"], what: string, name: keyof KernelLimits): never {
    const at = `at ${this.#nowUs} us, after ${this.#events} events`;
    const max = this.limits[name];
    throw new SimulationError(code, `Stopped ${at}: more ${what} than "${name}" allows, ${max}`);
  }
}
