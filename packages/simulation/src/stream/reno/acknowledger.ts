/**
 * The receiving half of a stream with congestion control: when to acknowledge (RFC 5681 section 4.2).
 *
 * At once for what is out of order or fills a gap, else for every second segment or after a delay,
 * or with the next segment that leaves anyway. Acknowledgements are packets: they take their time
 * and may be lost.
 */
import type { Timer } from "@faultline/protocol";
import { EventClass } from "../../event.ts";
import { LOST, noteLost } from "../../link.ts";
import type { StreamEnd } from "../end.ts";
import type { Segment } from "../segment.ts";
import type { RenoAck } from "./transmission.ts";
import { AckPacket } from "./transmission.ts";

const SEGMENTS_PER_ACK = 2;

/** @see module */
export class RenoAcknowledger {
  readonly #end: StreamEnd;
  readonly #early = new Set<number>();
  #first = 0;
  #unacknowledged = 0;
  #toldLimitBytes: number;
  #acks = 0;
  #timer: Timer | undefined;

  constructor(end: StreamEnd) {
    this.#end = end;
    this.#toldLimitBytes = end.world.stream.windowBytes;
  }

  /** A segment has come, and what could be read has been. */
  arrived({ ordinal, what }: Segment): void {
    const isNext = ordinal === this.#first;
    const hadGap = this.#early.size > 0;
    if (isNext) this.#advance();
    else if (what !== "probe" && ordinal > this.#first) this.#early.add(ordinal);
    this.#unacknowledged++;
    if (!isNext || hadGap || this.#unacknowledged >= SEGMENTS_PER_ACK) this.send();
    else this.#wait();
  }

  /** The owner has read: a window that was closed may be open. */
  read(): void {
    const { segmentBytesMax, windowBytes } = this.#end.world.stream;
    const opened = this.#limitBytes - this.#toldLimitBytes;
    if (opened >= Math.min(2 * segmentBytesMax, windowBytes / 2)) this.send();
  }

  /** What to tell with a segment that leaves now. */
  take(): RenoAck {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#unacknowledged = 0;
    this.#toldLimitBytes = this.#limitBytes;
    return { first: this.#first, limitBytes: this.#toldLimitBytes };
  }

  /** Tells the peer at once. */
  send(): void {
    const end = this.#end;
    if (end.peer === undefined || end.isGone) return;
    const { kernel } = end.world;
    const packet = new AckPacket(end, this.#acks++, this.take());
    const atUs = end.outward.depart(packet, kernel.nowUs);
    if (atUs === LOST || end.outward.damages(packet)) noteLost(kernel, packet);
    else kernel.schedule(packet, atUs, EventClass.arrival);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  get #limitBytes(): number {
    return this.#end.receiver.readBytes + this.#end.world.stream.windowBytes;
  }

  #advance(): void {
    do this.#first++;
    while (this.#early.delete(this.#first));
  }

  #wait(): void {
    if (this.#timer !== undefined) return;
    const { kernel, stream } = this.#end.world;
    const atUs = kernel.nowUs + stream.ackDelayUs;
    this.#timer = kernel.setTimer(atUs, () => this.send(), this.#end.host);
  }
}
