/**
 * Whether the peer is still there: when it was last heard, when to ask, when to give up.
 *
 * Only who dialled asks, so two idle ends do not keep each other busy (RFC 9000 section 10.1).
 */
import type { PacketLimits } from "./limits.ts";

/** The times of one connection. */
export class Vigil {
  readonly #silenceUs: number;
  readonly #pingAfterUs: number;
  #heardUs: number;
  #askedUs: number;

  constructor({ silenceMs, pingAfterMs }: PacketLimits, isDialler: boolean, nowUs: number) {
    this.#silenceUs = Math.round(silenceMs * 1000);
    this.#pingAfterUs = isDialler ? Math.round(pingAfterMs * 1000) : Infinity;
    this.#heardUs = nowUs;
    this.#askedUs = nowUs;
  }

  /** When to ask for a sign of life. */
  get pingUs(): number {
    return Math.max(this.#heardUs, this.#askedUs) + this.#pingAfterUs;
  }

  /** When the peer counts as gone. */
  get silentUs(): number {
    return this.#heardUs + this.#silenceUs;
  }

  heard(nowUs: number): void {
    this.#heardUs = nowUs;
  }

  /** Something was sent that the peer must answer. */
  asked(nowUs: number): void {
    this.#askedUs = nowUs;
  }
}
