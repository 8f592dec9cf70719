/**
 * How long a link may take: since its last byte, and over one frame.
 *
 * Keeps two times and compares them; it sets no timer. One sweep of the core asks all links, so
 * ten thousand idle ones cost one timer.
 */
import type { ServerLimits } from "../limits.ts";

const NO_PARTIAL = -1;

/** @see module */
export class Patience {
  readonly #limits: ServerLimits;
  #heardUs: number;
  /** When the frame was begun that is not complete. */
  #partialUs = NO_PARTIAL;

  constructor(limits: ServerLimits, nowUs: number) {
    this.#limits = limits;
    this.#heardUs = nowUs;
  }

  /**
   * Bytes came.
   *
   * @param isPartial whether a frame is begun and not complete
   * @param completed whether one was completed by these bytes, so that what is left is another
   */
  heard(nowUs: number, isPartial: boolean, completed: boolean): void {
    this.#heardUs = nowUs;
    if (!isPartial) this.#partialUs = NO_PARTIAL;
    else if (this.#partialUs === NO_PARTIAL || completed) this.#partialUs = nowUs;
  }

  /** Nothing was read for a while, by our own choice: no frame could be completed. */
  forgive(nowUs: number): void {
    if (this.#partialUs !== NO_PARTIAL) this.#partialUs = nowUs;
  }

  /** Whether a frame is overdue. `isPartial` as it is now: a reader may have let the rest go. */
  isFrameLate(nowUs: number, isPartial: boolean): boolean {
    if (!isPartial) this.#partialUs = NO_PARTIAL;
    if (this.#partialUs === NO_PARTIAL) return false;
    return nowUs - this.#partialUs >= this.#limits.frameTimeoutMs * 1000;
  }

  /** Whether the link was silent for too long. */
  isIdle(nowUs: number): boolean {
    return nowUs - this.#heardUs >= this.#limits.idleTimeoutMs * 1000;
  }
}

/** How often links are asked: eight times within the shortest of their times, at most each 10 ms. */
export function sweepEveryUs(limits: ServerLimits): number {
  const { idleTimeoutMs, frameTimeoutMs, replyLifetimeMs } = limits;
  const shortestMs = Math.min(idleTimeoutMs, frameTimeoutMs, replyLifetimeMs);
  return Math.min(1_000_000, Math.max(10_000, shortestMs * 125));
}
