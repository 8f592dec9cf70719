/**
 * What a stream with congestion control puts on the wire: segments, each transmission an event of its
 * own (two of one segment may be under way), and acknowledgements, which are lost like anything else.
 */
import { hashBytes } from "../../digest.ts";
import { EventKind, KernelEvent, WORLD } from "../../event.ts";
import type { Packet } from "../../link.ts";
import type { StreamEnd } from "../end.ts";
import { sendReset } from "../reset.ts";
import type { Segment } from "../segment.ts";

/** Where the numbers of packets outside the order of the bytes begin: acknowledgements. */
const ORDINAL_ACK = 2 ** 43;

/** What an end tells of what it has. */
export interface RenoAck {
  /** Number of the first segment that has not come. */
  readonly first: number;
  /** Bytes that the peer may have sent. */
  readonly limitBytes: number;
}

/** One sending of a segment; it carries an acknowledgement, as every segment of TCP does. */
export class Transmission extends KernelEvent implements Packet {
  readonly segment: Segment;
  readonly attempt: number;
  readonly #ack: RenoAck;

  constructor(segment: Segment, ack: RenoAck) {
    super(WORLD, segment.kind);
    this.segment = segment;
    this.attempt = segment.attempt;
    this.#ack = ack;
  }

  get flow(): number {
    return this.segment.flow;
  }

  get ordinal(): number {
    return this.segment.ordinal;
  }

  get size(): number {
    return this.segment.size;
  }

  fire(): void {
    const { segment } = this;
    const { end } = segment.sender;
    const { kernel } = end.world;
    const target = end.peer;
    kernel.note(this.flow);
    kernel.note(hashBytes(segment.bytes));
    if (!end.outward.lets() || target === undefined || !target.node.isUp) return;
    if (target.isGone) {
      if (!end.isGone) sendReset(target, end);
      return;
    }
    target.reno?.sender.heard(this.#ack, false);
    target.receiver.arrive(segment);
  }

  describe(): string {
    const { local, remote } = this.segment.sender.end;
    const { what } = this.segment;
    return `${what} ${this.ordinal} of ${local} to ${remote}, ${this.size} bytes, attempt ${this.attempt}`;
  }
}

/** An acknowledgement alone. */
export class AckPacket extends KernelEvent implements Packet {
  readonly flow: number;
  readonly ordinal: number;
  readonly attempt = 1;
  readonly size = 0;
  readonly #end: StreamEnd;
  readonly #ack: RenoAck;

  constructor(end: StreamEnd, count: number, ack: RenoAck) {
    super(WORLD, EventKind.ack);
    this.flow = end.sender.flow;
    this.ordinal = ORDINAL_ACK + count;
    this.#end = end;
    this.#ack = ack;
  }

  fire(): void {
    const end = this.#end;
    const target = end.peer;
    end.world.kernel.note(this.flow);
    if (!end.outward.lets() || target === undefined || !target.node.isUp || target.isGone) return;
    target.reno?.sender.heard(this.#ack, true);
  }

  describe(): string {
    const { local, remote } = this.#end;
    return `acknowledgement of ${local} to ${remote}, up to ${this.#ack.first}`;
  }
}
