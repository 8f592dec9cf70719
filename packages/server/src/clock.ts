/**
 * The clock of a worker thread: the only file of this package that asks for the time.
 *
 * All threads count from one epoch that the main thread sets, so that their times compare, with
 * each other and with a client's. The runtime's timers count whole milliseconds and may fire a
 * little early; this clock arms them again until the time asked for has come.
 */
import type { Clock, Timer } from "@faultline/protocol";

/** The runtime's timers take 31 bits of milliseconds; anything above would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The time now, in µs since 1970: an epoch for clocks that shall begin at 0. */
export function wallClockUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/**
 * A clock that counts µs since `epochUs`.
 *
 * @param epochUs µs since 1970. @default 0
 */
export function systemClock(epochUs = 0): Clock {
  let latestUs = 0;
  function nowUs(): number {
    const us = wallClockUs() - epochUs;
    if (us > latestUs) latestUs = us;
    return latestUs;
  }
  return {
    nowUs,
    setTimer: (atUs, run) => new SystemTimer(nowUs, atUs, run),
    defer: queueMicrotask,
  };
}

class SystemTimer implements Timer {
  readonly #nowUs: () => number;
  readonly #atUs: number;
  readonly #run: () => void;
  #timeout: ReturnType<typeof setTimeout> | undefined;
  #immediate: ReturnType<typeof setImmediate> | undefined;

  constructor(nowUs: () => number, atUs: number, run: () => void) {
    this.#nowUs = nowUs;
    this.#atUs = atUs;
    this.#run = run;
    this.#arm();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
  }

  #arm(): void {
    const leftUs = this.#atUs - this.#nowUs();
    if (leftUs <= 0) {
      this.#immediate = setImmediate(this.#run);
      return;
    }
    const ms = Math.min(Math.ceil(leftUs / 1000), TIMER_MS_MAX);
    this.#timeout = setTimeout(() => {
      if (this.#nowUs() < this.#atUs) this.#arm();
      else this.#run();
    }, ms);
  }
}
