/**
 * The sending half of one direction of a stream: queue, window, segments.
 *
 *   send ─► queue ─► [window] ─► segment ─► link ─► receiver of the peer
 *                       ▲                                    │
 *                       └──────── acknowledgements ◄─────────┘
 *
 * Acknowledgements are not events: each is a line in a log with the time at which it will have
 * come back, read when the sender next wants to send. Only a sender that waits for the window
 * spends an event on one. So an exchange of two messages that fit the window costs two events.
 */
import type { PacketKey } from "../draws.ts";
import { EventClass, EventKind, KernelEvent } from "../event.ts";
import { LOST, noteLost } from "../link.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import type { StreamEnd } from "./end.ts";
import { Outgoing } from "./outgoing.ts";
import { Recovery } from "./recovery.ts";
import type { SegmentKind } from "./segment.ts";
import { Segment } from "./segment.ts";

/** @see module */
export class StreamSender extends Outgoing implements PacketKey {
  /** Number of the next segment; with `attempt` the key of the draws that cut it. */
  ordinal = 0;
  readonly attempt = 1;
  readonly #recovery: Recovery;
  #sentBytes = 0;
  /** Bytes that may have been sent, as far as the sender knows now. */
  #limitBytes: number;
  /** What the last acknowledgement allows, which may still be on its way. */
  #limitBytesComing: number;
  readonly #acknowledgements = new Acknowledgements();
  readonly #window: WindowOpens;

  constructor(end: StreamEnd, flow: number) {
    super(end, flow);
    this.#recovery = new Recovery(end);
    this.#limitBytes = end.world.stream.windowBytes;
    this.#limitBytesComing = this.#limitBytes;
    this.#window = new WindowOpens(this);
  }

  announce(): void {
    this.#depart(this.#next("open"));
  }

  override stop(): void {
    super.stop();
    this.#recovery.stop();
  }

  transmit(): void {
    if (!this.isOpen) return;
    const { nowUs } = this.end.world.kernel;
    this.#limitBytes = this.#acknowledgements.read(nowUs) ?? this.#limitBytes;
    while (this.queue.length > 0 && this.#sentBytes < this.#limitBytes) {
      const size = this.#sizeOfNext();
      this.#sentBytes += size;
      this.#depart(this.#next("data", this.queue.take(size)));
    }
    if (this.queue.length > 0) this.#awaitWindow();
    else this.emptied();
  }

  /** The peer's stack tells what may be sent; the word reaches the sender at `atUs`. */
  acknowledge(atUs: number, limitBytes: number): void {
    this.#recovery.heard();
    if (limitBytes === this.#limitBytesComing) return;
    this.#limitBytesComing = limitBytes;
    this.#acknowledgements.push(atUs, limitBytes);
    if (this.queue.length > 0) this.#awaitWindow();
  }

  /** The peer's stack has a segment, but its word does not come through. */
  missAcknowledgement(segment: Segment): void {
    this.#recovery.missAcknowledgement(segment);
  }

  /** A segment will not arrive. */
  lose(segment: Segment): void {
    noteLost(this.end.world.kernel, segment);
    if (!this.end.isGone) this.#recovery.lose(segment);
  }

  /** Sends a lost segment again. */
  repeat(segment: Segment): void {
    segment.attempt++;
    this.#depart(segment);
  }

  /** Asks the peer to acknowledge what it has. */
  probe(): void {
    this.#depart(this.nextProbe());
  }

  protected sendFin(): void {
    this.#depart(this.#next("fin"));
  }

  #next(what: SegmentKind, bytes?: Uint8Array): Segment {
    const segment = new Segment(this, what, this.ordinal++, bytes);
    this.end.peer?.receiver.expect(segment);
    return segment;
  }

  #depart(segment: Segment): void {
    const { outward, world } = this.end;
    const { kernel } = world;
    segment.departedUs = kernel.nowUs;
    const atUs = outward.depart(segment, kernel.nowUs);
    if (atUs === LOST || outward.damages(segment)) this.lose(segment);
    else kernel.schedule(segment, atUs, EventClass.arrival);
  }

  #sizeOfNext(): number {
    const { segmentBytesMax, cut } = this.end.world.stream;
    const room = this.#limitBytes - this.#sentBytes;
    const size = Math.min(this.queue.length, room, segmentBytesMax);
    const { draws } = this.end.world;
    if (size === 1 || !draws.cut.happens(this, cut)) return size;
    return 1 + draws.cutPlace.below(this, size - 1);
  }

  /** Comes back when the next acknowledgement does, if one is on its way. */
  #awaitWindow(): void {
    const atUs = this.#acknowledgements.nextAtUs;
    if (atUs === undefined || this.#window.live) return;
    this.end.world.kernel.schedule(this.#window, atUs, EventClass.arrival);
  }
}

/** An acknowledgement comes back to a sender that waits for it. */
class WindowOpens extends KernelEvent {
  readonly #sender: StreamSender;

  constructor(sender: StreamSender) {
    super(sender.end.host, EventKind.window);
    this.#sender = sender;
  }

  fire(): void {
    this.#sender.transmit();
  }

  describe(): string {
    return `acknowledgement for ${this.#sender.end.local}`;
  }
}
