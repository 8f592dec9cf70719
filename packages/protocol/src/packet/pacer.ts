/**
 * When packets leave: spread over the round trip instead of all at once (RFC 9002 section 7.7).
 *
 * A bucket that fills at 5/4 of window / round trip, so that the window and not the pace is what
 * binds, and holds one initial window, or what two timer ticks bring: no timer is finer.
 */
import { WINDOW_INITIAL_DATAGRAMS } from "./congestion.ts";

const GAIN = 1.25;
/** Timers may be that late. */
const TICK_US = 2000;

/** What the pace follows from. */
export interface Pace {
  readonly windowBytes: number;
  readonly smoothedUs: number;
}

/** The bucket. */
export class Pacer {
  readonly #burstBytes: number;
  #creditBytes: number;
  #atUs = 0;

  constructor(datagramBytes: number) {
    this.#burstBytes = WINDOW_INITIAL_DATAGRAMS * datagramBytes;
    this.#creditBytes = this.#burstBytes;
  }

  /** When so many bytes may leave: `nowUs`, or later. */
  whenUs(bytes: number, nowUs: number, pace: Pace): number {
    this.#fill(nowUs, pace);
    const missing = bytes - this.#creditBytes;
    return missing <= 0 ? nowUs : nowUs + Math.ceil(missing / rateOf(pace));
  }

  /** So many bytes leave. */
  spend(bytes: number): void {
    this.#creditBytes -= bytes;
  }

  #fill(nowUs: number, pace: Pace): void {
    const rate = rateOf(pace);
    const most = Math.max(this.#burstBytes, rate * TICK_US);
    this.#creditBytes = Math.min(most, this.#creditBytes + (nowUs - this.#atUs) * rate);
    this.#atUs = nowUs;
  }
}

/** Bytes a microsecond. */
function rateOf({ windowBytes, smoothedUs }: Pace): number {
  return (GAIN * windowBytes) / Math.max(1, smoothedUs);
}
