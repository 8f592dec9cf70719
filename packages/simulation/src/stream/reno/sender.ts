/**
 * The sending half of a stream with congestion control: TCP as RFC 5681, 6582 and 6298 have it.
 *
 *   send ─► queue ─► [congestion window, receive window] ─► segment ─► link
 *                        ▲                                    │
 *                        └──────────── ack packets ◄──────────┘
 *
 * The sender knows only what acknowledgements tell: three that repeat themselves, or a timeout, mean
 * a loss. No SACK: NewReno finds one loss a round trip, and after a timeout everything that was not
 * acknowledged is sent again as the window opens. Segments are not cut by chance here (`cut`): full
 * ones are what throughput is measured by.
 */
import type { RttEstimate, Timer } from "@faultline/protocol";
import { createRttEstimate } from "@faultline/protocol";
import { EventClass } from "../../event.ts";
import { LOST, noteLost } from "../../link.ts";
import type { StreamEnd } from "../end.ts";
import { Outgoing } from "../outgoing.ts";
import type { SegmentKind } from "../segment.ts";
import { Segment } from "../segment.ts";
import type { RenoAck } from "./transmission.ts";
import { Transmission } from "./transmission.ts";
import { RenoWindow } from "./window.ts";

const US_PER_MS = 1000;
/** A first timeout of a second (RFC 6298 section 2.1): three times this. */
const INITIAL_MS = 1000 / 3;

/** @see module */
export class RenoSender extends Outgoing {
  readonly #window: RenoWindow;
  #rtt: RttEstimate;
  /** Sent and not acknowledged, from number `#first` on. */
  readonly #row: Segment[] = [];
  #first = 0;
  /** Number of the next segment to send: after a timeout one that was sent before. */
  #next = 0;
  /** Bytes of segments `#first` … `#next` - 1. */
  #flightBytes = 0;
  #sentBytes = 0;
  #limitBytes: number;
  #timeouts = 0;
  #hasPartial = false;
  #timer: Timer | undefined;

  constructor(end: StreamEnd, flow: number) {
    super(end, flow);
    const { rtoMarginUs, rtoMaxUs, segmentBytesMax, windowBytes } = end.world.stream;
    this.#window = new RenoWindow(segmentBytesMax);
    this.#limitBytes = windowBytes;
    this.#rtt = createRttEstimate({
      initialMs: INITIAL_MS,
      granularityMs: rtoMarginUs / US_PER_MS,
      ackDelayMaxMs: 0,
      floorMs: 0,
      ceilingMs: rtoMaxUs / US_PER_MS,
    });
  }

  announce(): void {
    this.#append("open");
    this.#sendNext();
  }

  override stop(): void {
    super.stop();
    this.#row.length = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  transmit(): void {
    if (!this.isOpen) return;
    for (;;) {
      const isAgain = this.#next < this.#first + this.#row.length;
      const size = isAgain ? this.#row[this.#next - this.#first]!.size : this.#sizeOfNew();
      if ((!isAgain && size === 0) || !this.#hasRoom(size)) break;
      if (!isAgain) {
        this.#sentBytes += size;
        this.#append("data", this.queue.take(size));
      }
      this.#sendNext();
    }
    if (this.queue.length > 0) this.#arm(false);
    else this.emptied();
  }

  /** The peer tells what it has. @param isPure whether it came without a segment */
  heard({ first, limitBytes }: RenoAck, isPure: boolean): void {
    if (this.end.isGone) return;
    const isSame = limitBytes <= this.#limitBytes;
    this.#limitBytes = Math.max(this.#limitBytes, limitBytes);
    if (first > this.#first) this.#acknowledged(first);
    else if (isPure && isSame && first === this.#first && this.#row.length > 0) {
      const last = this.#first + this.#row.length - 1;
      const advice = this.#window.duplicate(first, last, this.#flightBytes);
      if (advice === "repeat-first") {
        this.#hasPartial = false;
        this.#repeatFirst();
      }
    }
    this.transmit();
  }

  #acknowledged(first: number): void {
    const { nowUs } = this.end.world.kernel;
    const gone = this.#row.splice(0, first - this.#first);
    let bytes = 0;
    gone.forEach((segment, index) => {
      bytes += segment.size;
      if (this.#first + index < this.#next) this.#flightBytes -= segment.size;
    });
    // Karn: what was sent twice tells nothing, nor does what waited for that to arrive.
    const isSample = gone.every(({ attempt }) => attempt === 1);
    if (isSample) this.#rtt = this.#rtt.next(nowUs - gone.at(-1)!.departedUs);
    this.#first = first;
    this.#next = Math.max(this.#next, first);
    this.#timeouts = 0;
    const advice = this.#window.acknowledged(first, bytes, this.#flightBytes);
    // RFC 6582 section 3.2, step 3: in recovery only the first of them starts the timer anew.
    if (advice === "go-on" || !this.#hasPartial) this.#arm(true);
    if (advice === "go-on") return;
    this.#hasPartial = true;
    this.#repeatFirst();
  }

  #hasRoom(size: number): boolean {
    const { extraBytes, windowBytes } = this.#window;
    return this.#flightBytes + size <= windowBytes + extraBytes;
  }

  #sizeOfNew(): number {
    const room = this.#limitBytes - this.#sentBytes;
    return Math.max(0, Math.min(this.queue.length, room, this.end.world.stream.segmentBytesMax));
  }

  #append(what: SegmentKind, bytes?: Uint8Array): void {
    const segment = new Segment(this, what, this.#first + this.#row.length, bytes);
    segment.attempt = 0;
    this.#row.push(segment);
    this.end.peer?.receiver.expect(segment);
  }

  #sendNext(): void {
    const segment = this.#row[this.#next - this.#first]!;
    this.#next++;
    this.#flightBytes += segment.size;
    this.#depart(segment);
    this.#arm(false);
  }

  #repeatFirst(): void {
    const segment = this.#row[0];
    if (segment === undefined) return;
    // After a timeout it is next anyway.
    if (this.#next === this.#first) this.#sendNext();
    else this.#depart(segment);
  }

  #depart(segment: Segment): void {
    const { outward, reno, world } = this.end;
    const { kernel } = world;
    segment.attempt++;
    segment.departedUs = kernel.nowUs;
    const transmission = new Transmission(segment, reno!.acknowledger.take());
    const atUs = outward.depart(transmission, kernel.nowUs);
    if (atUs === LOST || outward.damages(transmission)) noteLost(kernel, transmission);
    else kernel.schedule(transmission, atUs, EventClass.arrival);
  }

  /** One timer while anything is not acknowledged, or waits for the peer's window. */
  #arm(isAnew: boolean): void {
    if (this.#timer !== undefined && !isAnew) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#row.length === 0 && this.queue.length === 0) return;
    const { kernel } = this.end.world;
    const atUs = kernel.nowUs + Math.round(this.#rtt.timeoutUs(this.#timeouts));
    this.#timer = kernel.setTimer(atUs, () => this.#timeout(), this.end.host);
  }

  #timeout(): void {
    this.#timer = undefined;
    if (this.#timeouts >= this.end.world.stream.timeoutsMax) {
      this.end.giveUp();
      return;
    }
    this.#timeouts++;
    if (this.#row.length === 0) this.#probe();
    else {
      const last = this.#first + this.#row.length - 1;
      this.#window.timeout(last, this.#flightBytes, this.#timeouts === 1);
      this.#next = this.#first;
      this.#flightBytes = 0;
      if (this.isOpen) this.transmit();
      else this.#sendNext();
    }
    this.#arm(false);
  }

  /** Asks for the peer's window, which may have opened unheard (RFC 9293 section 3.8.6.1). */
  #probe(): void {
    const probe = this.nextProbe();
    probe.attempt = 0;
    this.#depart(probe);
  }

  protected sendFin(): void {
    this.#append("fin");
    if (this.#next === this.#first + this.#row.length - 1) this.#sendNext();
  }
}
