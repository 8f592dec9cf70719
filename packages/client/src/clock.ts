/**
 * The real clock: the only file of this package that asks the machine for the time.
 *
 * Microseconds are integers and never go backwards. Node's timers fire up to a millisecond early,
 * forget waits beyond 2^31 - 1 ms and only know whole milliseconds; a timer here never fires
 * before its time, however far off that is. Simulations bring a clock of their own.
 */
import type { Clock, Timer } from "@faultline/protocol";

/** Longest wait Node's timers know; a longer one would fire at once. */
const WAIT_MS_MAX = 2_147_483_647;

/**
 * The machine's clock.
 *
 * @param epochUs where time begins, in microseconds since 1970, so that clocks of several threads
 *   agree. @default when this process (or thread) began
 */
export function systemClock(epochUs?: number): Clock {
  const { timeOrigin } = performance;
  const offsetUs = epochUs === undefined ? 0 : Math.round(timeOrigin * 1000) - epochUs;
  return new SystemClock(offsetUs);
}

class SystemClock implements Clock {
  readonly #offsetUs: number;
  #lastUs = -Infinity;

  constructor(offsetUs: number) {
    this.#offsetUs = offsetUs;
  }

  nowUs(): number {
    const nowUs = this.#offsetUs + Math.floor(performance.now() * 1000);
    if (nowUs > this.#lastUs) this.#lastUs = nowUs;
    return this.#lastUs;
  }

  setTimer(atUs: number, run: () => void): Timer {
    return new SystemTimer(this, atUs, run);
  }

  defer(run: () => void): void {
    queueMicrotask(run);
  }
}

class SystemTimer implements Timer {
  readonly #clock: Clock;
  readonly #atUs: number;
  readonly #run: () => void;
  #handle: ReturnType<typeof setTimeout> | undefined;
  readonly #fire = (): void => {
    if (this.#clock.nowUs() < this.#atUs) this.#arm();
    else this.#run();
  };

  constructor(clock: Clock, atUs: number, run: () => void) {
    this.#clock = clock;
    this.#atUs = atUs;
    this.#run = run;
    this.#arm();
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  #arm(): void {
    const waitMs = Math.ceil((this.#atUs - this.#clock.nowUs()) / 1000);
    this.#handle = setTimeout(this.#fire, Math.min(Math.max(waitMs, 0), WAIT_MS_MAX));
  }
}
