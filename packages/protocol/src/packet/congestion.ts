/**
 * How much may be on its way: NewReno as in RFC 9002 section 7 and appendix B.
 *
 *   slow start ── loss ──► recovery ── a packet sent since is acknowledged ──► avoidance
 *
 * A loss halves the window once a round trip, however much was lost in it; a time in which nothing
 * came through at all brings it down to the least. Integers only. CUBIC was the road not taken: its
 * cube root rounds differently from engine to engine.
 */

/** Datagrams that may leave before anything was heard (RFC 9002 section 7.2). */
export const WINDOW_INITIAL_DATAGRAMS = 10;
/** Datagrams that may always be on their way. */
export const WINDOW_MIN_DATAGRAMS = 2;

/** The window of one connection. */
export class Congestion {
  readonly #datagramBytes: number;
  readonly #minBytes: number;
  /** Bytes that may be on their way. */
  windowBytes: number;
  /** Below it the window grows by what is acknowledged; Infinity before the first loss. */
  thresholdBytes: number = Infinity;
  /** When the last halving was: only what was sent later tells of another. */
  #recoveryUs = -1;
  #creditBytes = 0;

  constructor(datagramBytes: number) {
    this.#datagramBytes = datagramBytes;
    this.#minBytes = WINDOW_MIN_DATAGRAMS * datagramBytes;
    this.windowBytes = WINDOW_INITIAL_DATAGRAMS * datagramBytes;
  }

  /** A packet was acknowledged. @param isUsed whether the window was what held the sender back */
  acknowledged(bytes: number, sentUs: number, isUsed: boolean): void {
    if (sentUs <= this.#recoveryUs || !isUsed) return;
    if (this.windowBytes < this.thresholdBytes) {
      this.windowBytes += bytes;
      return;
    }
    this.#creditBytes += bytes;
    if (this.#creditBytes < this.windowBytes) return;
    this.#creditBytes -= this.windowBytes;
    this.windowBytes += this.#datagramBytes;
  }

  /** A packet that left at `sentUs` was lost. */
  lost(sentUs: number, nowUs: number): void {
    if (sentUs <= this.#recoveryUs) return;
    this.#recoveryUs = nowUs;
    this.#creditBytes = Math.floor(this.#creditBytes / 2);
    this.windowBytes = Math.max(Math.floor(this.windowBytes / 2), this.#minBytes);
    this.thresholdBytes = this.windowBytes;
  }

  /**
   * Nothing at all came through for a long time (RFC 9002 section 7.6). What had left before opens
   * the window no more, in which this is stricter than the appendix.
   */
  collapse(nowUs: number): void {
    this.windowBytes = this.#minBytes;
    this.#recoveryUs = nowUs;
    this.#creditBytes = 0;
  }
}
