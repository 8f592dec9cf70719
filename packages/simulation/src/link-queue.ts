/**
 * The queue before a link with a rate: when a packet has left, or that it does not fit.
 *
 * No event is spent on it: the time at which the wire is free again is arithmetic, kept as whole
 * microseconds and a remainder, so N packets of S bytes take exactly N·S/R. What waits is
 * remembered only to know when the queue is full; a full queue drops what comes last.
 */

/** Answer of `accept` for a packet that does not fit. */
export const OVERFLOW = -1;

const US_PER_SECOND = 1_000_000;
/** Entries that have left are cut off the front when there are this many. */
const TRIM_MIN = 1024;

/** What `accept` goes by. */
export interface QueueRule {
  readonly bytesPerSecond: number;
  readonly queuePacketsMax: number;
  readonly queueBytesMax: number;
}

/** One queue. */
export class LinkQueue {
  /** When the last bit of what waits has left: whole microseconds, and a rest in units of 1/rate. */
  #freeUs = 0;
  #rest = 0;
  #rate = 0;
  #bytes = 0;
  readonly #leaveUs: number[] = [];
  readonly #sizes: number[] = [];
  #head = 0;

  /** Takes a packet. @returns the time at which it has left, or OVERFLOW. */
  accept(size: number, nowUs: number, rule: QueueRule): number {
    this.#forget(nowUs);
    const packets = this.#sizes.length - this.#head;
    if (packets >= rule.queuePacketsMax) return OVERFLOW;
    if (this.#bytes + size > rule.queueBytesMax) return OVERFLOW;
    this.#takeTime(size, nowUs, rule.bytesPerSecond);
    const leaveUs = this.#rest > 0 ? this.#freeUs + 1 : this.#freeUs;
    this.#leaveUs.push(leaveUs);
    this.#sizes.push(size);
    this.#bytes += size;
    return leaveUs;
  }

  #takeTime(size: number, nowUs: number, rate: number): void {
    if (this.#freeUs < nowUs) {
      this.#freeUs = nowUs;
      this.#rest = 0;
    }
    if (rate !== this.#rate) this.#rest = 0;
    this.#rate = rate;
    const work = this.#rest + size * US_PER_SECOND;
    this.#rest = work % rate;
    this.#freeUs += (work - this.#rest) / rate;
  }

  /** Forgets what has left by now. */
  #forget(nowUs: number): void {
    const leaveUs = this.#leaveUs;
    while (this.#head < leaveUs.length && (leaveUs[this.#head] as number) <= nowUs) {
      this.#bytes -= this.#sizes[this.#head] as number;
      this.#head++;
    }
    if (this.#head < TRIM_MIN && this.#head < leaveUs.length) return;
    leaveUs.splice(0, this.#head);
    this.#sizes.splice(0, this.#head);
    this.#head = 0;
  }
}
