/**
 * One datagram on its way, and at the same time the event of its arrival.
 */
import { hashBytes } from "../digest.ts";
import { EventKind, KernelEvent, WORLD } from "../event.ts";
import type { Packet } from "../link.ts";
import type { SimulatedNode } from "../node.ts";
import type { DatagramEnd } from "./end.ts";

/** A datagram. */
export class Datagram extends KernelEvent implements Packet {
  readonly source: DatagramEnd;
  readonly bytes: Uint8Array;
  readonly flow: number;
  readonly ordinal: number;
  readonly attempt = 1;

  constructor(source: DatagramEnd, ordinal: number, bytes: Uint8Array) {
    super(WORLD, EventKind.datagram);
    this.source = source;
    this.bytes = bytes;
    this.flow = source.ways.outward.flow;
    this.ordinal = ordinal;
  }

  get size(): number {
    return this.bytes.length;
  }

  fire(): void {
    const { source } = this;
    const { kernel } = source.world;
    kernel.note(this.flow);
    kernel.note(hashBytes(this.bytes));
    if (!source.outward.lets()) return;
    const node = source.world.find(source.peer.host) as SimulatedNode;
    if (node.isUp) node.process.sockets.get(source.peer.port)?.receive(this);
  }

  describe(): string {
    const { address, remote } = this.source;
    return `datagram ${this.ordinal} of ${address} to ${remote}, ${this.size} bytes`;
  }
}
