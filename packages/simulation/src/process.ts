/**
 * One life of a node: its clock, its listeners, its links.
 *
 * A crash ends a life and everything in it; a restart begins the next. A paused process (SIGSTOP)
 * fires nothing: its timers, deferred calls and reads are kept in their order and happen when it
 * goes on, while the host's stack still acknowledges and buffers for it.
 */
import type { Clock, Dialer, Link, LinkEvents } from "@faultline/protocol";
import type { Address, LinkKind } from "./address.ts";
import { addressText, portOf } from "./address.ts";
import type { Skew } from "./clock.ts";
import { ProcessClock } from "./clock.ts";
import { DatagramSocket } from "./datagram/socket.ts";
import { datagramDialer } from "./datagram/dial.ts";
import type { KernelEvent, ModeCode, Owner } from "./event.ts";
import { EventClass, Mode } from "./event.ts";
import type { SimulatedNode } from "./node.ts";
import type { StreamEnd } from "./stream/end.ts";
import { streamDialer } from "./stream/dial.ts";
import type { World } from "./world.ts";

/** Takes a link that came in, and says who is told of it; `onOpen` follows. */
export type Accept = (link: Link) => LinkEvents;

/** Where a process listens. */
export interface ListenOptions {
  /** 1 to 65535. */
  readonly port: number;
  readonly kind: LinkKind;
}

/** Something that listens. */
export interface Listener {
  /** `node:port`. */
  readonly address: string;
  /** Nothing more is accepted; open links stay. Datagrams of peers already known still arrive. */
  close(): void;
}

/** What runs on a node from its start to its crash. */
export class SimulatedProcess implements Owner {
  readonly name: string;
  readonly clock: Clock;
  /** Open streams, in the order they came to be. */
  readonly streams: Set<StreamEnd> = new Set();
  readonly listeners: Map<number, Accept> = new Map();
  readonly sockets: Map<number, DatagramSocket> = new Map();
  readonly node: SimulatedNode;
  readonly #world: World;
  #mode: ModeCode = Mode.running;
  #held: KernelEvent[] = [];

  constructor(world: World, node: SimulatedNode, skew: Skew) {
    this.name = node.name;
    this.#world = world;
    this.node = node;
    this.clock = new ProcessClock(world.kernel, this, skew);
  }

  get mode(): ModeCode {
    return this.#mode;
  }

  /**
   * Accepts links at a port of this node.
   *
   * @throws RangeError where the port is taken or is none.
   */
  listen(options: ListenOptions, accept: Accept): Listener {
    if (this.#mode === Mode.dead) throw new Error(`Cannot listen: ${this.name} has crashed.`);
    const port = portOf("listen", options.port);
    const taken: ReadonlyMap<number, unknown> =
      options.kind === "stream" ? this.listeners : this.sockets;
    const address = addressText(this.name, port);
    if (taken.has(port)) {
      throw new RangeError(`Cannot listen as "port" must be free: got ${address}`);
    }
    if (options.kind === "datagram") {
      return DatagramSocket.listen({ world: this.#world, process: this, port }, accept);
    }
    this.listeners.set(port, accept);
    return { address, close: () => void this.listeners.delete(port) };
  }

  /** Dials that address from this process: what a client is given instead of a socket. */
  dialer(address: Address & { readonly kind: LinkKind }): Dialer {
    portOf("dial", address.port);
    const dialer = address.kind === "stream" ? streamDialer : datagramDialer;
    return dialer(this.#world, this, address);
  }

  hold(event: KernelEvent): void {
    event.live = true;
    this.#held.push(event);
  }

  /** Nothing of this process happens until `resume`. */
  pause(): void {
    if (this.#mode === Mode.running) this.#mode = Mode.paused;
  }

  /** What came due meanwhile happens now, in the order it came due, before anything that comes now. */
  resume(): void {
    if (this.#mode !== Mode.paused) return;
    this.#mode = Mode.running;
    const { kernel } = this.#world;
    const held = this.#held;
    this.#held = [];
    for (const event of held) {
      if (event.live) kernel.schedule(event, kernel.nowUs, EventClass.control);
    }
  }

  /** Ends this life; peers hear of it only from a host that is still up. */
  die(connections: "reset" | "silent"): void {
    this.#mode = Mode.dead;
    this.#held = [];
    for (const stream of this.streams) stream.vanish(connections);
    this.streams.clear();
    this.listeners.clear();
    this.sockets.clear();
  }
}
