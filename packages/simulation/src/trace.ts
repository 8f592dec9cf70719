/**
 * What a run writes down about itself, so that the first difference of two runs can be shown.
 *
 * A trace keeps the lines of the last events, or of a window of them; and, where asked, four
 * bytes of digest for every event, which is what finds the place where two runs part. Keeping
 * every line of both runs was the road not taken: the window costs two more runs, but only
 * where there is a difference to show.
 */
import type { KernelEvent } from "./event.ts";

/** One event as it was. */
export interface TraceEntry {
  /** Number of the event in its run, from 0. */
  readonly index: number;
  readonly timeUs: number;
  readonly class: number;
  /** Its number in the order of scheduling. */
  readonly sequence: number;
  /** The event in words. */
  readonly what: string;
  /** One lane of the digest after it and all it caused, as 8 hex digits. */
  readonly digest: string;
}

/** What a trace keeps. */
export interface TraceOptions {
  /** Lines of the last so many events. @default 32 */
  readonly lastMax?: number;
  /** Instead of the last: the events from this one on, until `lastMax` are kept. @default undefined */
  readonly from?: number;
  /** Keep 4 bytes of digest for every event. @default false */
  readonly log?: boolean;
  /**
   * Another run's log: once an event differs from it, so many events more are kept as to have that one
   * in the middle of the last `lastMax`, and then no more. @default undefined
   */
  readonly against?: EventLog;
  /** Events the log holds at most. @default 16_777_216: 64 MiB */
  readonly logEventsMax?: number;
}

/** What a trace logged: enough to find where two runs part, and what crosses from a thread. */
export interface EventLog {
  readonly events: number;
  /** One lane of the digest after each event, in their order; may end before the events do. */
  readonly lanes: Int32Array;
}

const LOG_START = 1024;
const LOG_EVENTS_MAX = 16_777_216;
const LAST_MAX = 32;

/** The memory of one run, handed to it at its start. */
export class Trace implements EventLog {
  readonly #lastMax: number;
  readonly #from: number | undefined;
  readonly #logEventsMax: number;
  readonly #against: EventLog | undefined;
  readonly #lines: TraceEntry[] = [];
  #log: Int32Array | undefined;
  #events = 0;
  /** Events from this one on are not kept. */
  #until = Infinity;
  #open: Omit<TraceEntry, "digest"> | undefined;

  constructor(options: TraceOptions = {}) {
    this.#lastMax = options.lastMax ?? LAST_MAX;
    this.#from = options.from;
    this.#against = options.against;
    this.#logEventsMax = options.logEventsMax ?? LOG_EVENTS_MAX;
    this.#log = options.log === true ? new Int32Array(LOG_START) : undefined;
  }

  /** Events seen. */
  get events(): number {
    return this.#events;
  }

  /** The lines kept, oldest first. */
  get entries(): readonly TraceEntry[] {
    if (this.#from !== undefined || this.#lines.length < this.#lastMax) return this.#lines;
    const oldest = Math.min(this.#events, this.#until) % this.#lastMax;
    return [...this.#lines.slice(oldest), ...this.#lines.slice(0, oldest)];
  }

  /** Called by the kernel before an event fires: afterwards its packet may be gone. */
  begin(timeUs: number, order: { class: number; sequence: number }, event: KernelEvent): void {
    const index = this.#events;
    if (!this.#keeps(index)) return;
    this.#open = { index, timeUs, ...order, what: event.describe() };
  }

  /** Called by the kernel when an event and all it caused are done. */
  end(lane: number): void {
    const index = this.#events++;
    if (this.#log !== undefined && index < this.#logEventsMax) this.#writeLog(index, lane);
    this.#compare(index, lane);
    if (this.#open === undefined) return;
    const entry = { ...this.#open, digest: (lane >>> 0).toString(16).padStart(8, "0") };
    this.#open = undefined;
    if (this.#from !== undefined) this.#lines.push(entry);
    else this.#lines[index % this.#lastMax] = entry;
  }

  /** What was logged; empty without `log`. */
  get lanes(): Int32Array {
    const log = this.#log ?? new Int32Array();
    return log.subarray(0, Math.min(this.#events, this.#logEventsMax));
  }

  #keeps(index: number): boolean {
    if (this.#from === undefined) return index < this.#until;
    return index >= this.#from && this.#lines.length < this.#lastMax;
  }

  #compare(index: number, lane: number): void {
    const lanes = this.#against?.lanes;
    if (lanes === undefined || this.#until !== Infinity || index >= lanes.length) return;
    if (lanes[index] !== lane) this.#until = index + 1 + Math.floor(this.#lastMax / 2);
  }

  #writeLog(index: number, lane: number): void {
    let log = this.#log as Int32Array;
    if (index === log.length) {
      log = new Int32Array(Math.min(index * 2, this.#logEventsMax));
      log.set(this.#log as Int32Array);
      this.#log = log;
    }
    log[index] = lane;
  }
}

/**
 * The first event in which two logged runs differ, or undefined where their logs agree.
 *
 * A run that only ends earlier differs at its end.
 */
export function firstDifference(a: EventLog, b: EventLog): number | undefined {
  const [one, other] = [a.lanes, b.lanes];
  const common = Math.min(a.events, b.events);
  for (let index = 0; index < common; index++) {
    if (index >= one.length || index >= other.length) return undefined;
    if (one[index] !== other[index]) return index;
  }
  return a.events === b.events ? undefined : common;
}
