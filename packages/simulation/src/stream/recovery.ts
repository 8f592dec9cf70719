/**
 * What becomes of segments that did not arrive, and of a peer that is not heard.
 *
 * One timer a direction, as in TCP. It runs only while something is lost: a segment, or the
 * acknowledgement of one. When it fires, every lost segment whose time is over is sent again,
 * the wait doubles, and after too many timeouts in a row the connection breaks. Any
 * acknowledgement ends the row. So a segment is late or the connection is over; a hole in the
 * bytes there is not.
 */
import type { Timer } from "@faultline/protocol";
import type { StreamEnd } from "./end.ts";
import type { Segment } from "./segment.ts";

/** The retransmission of one direction. */
export class Recovery {
  readonly #end: StreamEnd;
  #lost: Segment[] = [];
  /** Timeouts since the peer was last heard. */
  #timeouts = 0;
  /** True while an acknowledgement is missing that nothing later has made up for. */
  #isUnheard = false;
  #timer: Timer | undefined;
  #timerAtUs = 0;

  constructor(end: StreamEnd) {
    this.#end = end;
  }

  /** A segment was lost, as the sender will learn by hearing nothing. */
  lose(segment: Segment): void {
    if (segment.what === "probe") this.#isUnheard = true;
    else this.#lost.push(segment);
    this.#arm(segment.departedUs);
  }

  /** A segment arrived, but its acknowledgement did not. */
  missAcknowledgement(segment: Segment): void {
    this.#isUnheard = true;
    this.#arm(segment.departedUs);
  }

  /** The peer has been heard. */
  heard(): void {
    this.#timeouts = 0;
    this.#isUnheard = false;
    if (this.#timer !== undefined && this.#lost.length === 0) this.#cancel();
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#lost = [];
    this.#cancel();
  }

  /** How long an acknowledgement of what is sent now would be waited for. */
  #waitUs(): number {
    const { outward, inward, world } = this.#end;
    const { rtoMarginUs, rtoMaxUs } = world.stream;
    const baseUs = rtoMarginUs + outward.options.delayUs + inward.options.delayUs;
    return Math.min(baseUs * 2 ** this.#timeouts, Math.max(rtoMaxUs, baseUs));
  }

  /** Sees to it that the timer fires when the wait for something sent at `departedUs` is over. */
  #arm(departedUs: number): void {
    const { kernel } = this.#end.world;
    const atUs = Math.max(kernel.nowUs, departedUs + this.#waitUs());
    if (this.#timer !== undefined && this.#timerAtUs <= atUs) return;
    this.#cancel();
    this.#timerAtUs = atUs;
    this.#timer = kernel.setTimer(atUs, () => this.#timeout(), this.#end.host);
  }

  #cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #timeout(): void {
    const { plain: sender, world } = this.#end;
    this.#timer = undefined;
    if (this.#timeouts >= world.stream.timeoutsMax) {
      this.#end.giveUp();
      return;
    }
    const lost = this.#lost;
    const latestUs = world.kernel.nowUs - this.#waitUs();
    this.#timeouts++;
    this.#lost = [];
    for (const segment of lost) {
      if (segment.departedUs > latestUs) this.lose(segment);
      else sender?.repeat(segment);
    }
    if (!this.#isUnheard) return;
    this.#isUnheard = false;
    sender?.probe();
  }
}
