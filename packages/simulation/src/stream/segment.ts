/**
 * One segment of a stream on its way: the packet, and at the same time the event of its arrival.
 *
 * `open` completes the handshake and `fin` ends one direction; both have their place in the order
 * of the bytes, so they are lost, sent again and waited for like bytes. A `probe` asks only for
 * an acknowledgement.
 */
import { hashBytes } from "../digest.ts";
import { EventKind, KernelEvent, WORLD } from "../event.ts";
import type { Packet } from "../link.ts";
import type { StreamEnd } from "./end.ts";
import { sendReset } from "./reset.ts";

/** What a segment carries. */
export type SegmentKind = "data" | "fin" | "open" | "probe";

/** Who sends segments. */
export interface SegmentSource {
  readonly end: StreamEnd;
  /** Number of the direction out of there. */
  readonly flow: number;
  /** A segment will not arrive. Left out by who finds out by hearing nothing. */
  lose?(segment: Segment): void;
}

const NOTHING = new Uint8Array(0);

/** A segment. */
export class Segment extends KernelEvent implements Packet {
  readonly sender: SegmentSource;
  readonly what: SegmentKind;
  readonly bytes: Uint8Array;
  readonly flow: number;
  readonly ordinal: number;
  attempt = 1;
  /** When it was sent last. */
  departedUs = 0;
  hasArrived = false;
  /** The one after it in the row that the receiver expects. */
  next: Segment | undefined;

  constructor(
    sender: SegmentSource,
    what: SegmentKind,
    ordinal: number,
    bytes: Uint8Array = NOTHING,
  ) {
    super(WORLD, what === "probe" ? EventKind.probe : EventKind.segment);
    this.sender = sender;
    this.what = what;
    this.bytes = bytes;
    this.flow = sender.flow;
    this.ordinal = ordinal;
  }

  get size(): number {
    return this.bytes.length;
  }

  fire(): void {
    const { end } = this.sender;
    const { kernel } = end.world;
    const target = end.peer;
    kernel.note(this.flow);
    kernel.note(hashBytes(this.bytes));
    if (!end.outward.lets() || target === undefined || !target.node.isUp) this.sender.lose?.(this);
    else if (!target.isGone) target.receiver.arrive(this);
    else if (!end.isGone) sendReset(target, end);
  }

  describe(): string {
    const { local, remote } = this.sender.end;
    return `${this.what} ${this.ordinal} of ${local} to ${remote}, ${this.size} bytes, attempt ${this.attempt}`;
  }
}
