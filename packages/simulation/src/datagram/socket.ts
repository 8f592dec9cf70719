/**
 * A port of a process for datagrams: of one who dialled, or of a listener with many peers.
 *
 * A listener makes a link for every peer that sends to it, as `node:port`, and forgets it when
 * the link is over; the next datagram of that peer then makes a new one.
 */
import { addressText } from "../address.ts";
import type { Accept, Listener, SimulatedProcess } from "../process.ts";
import type { World } from "../world.ts";
import { DatagramEnd } from "./end.ts";
import type { Datagram } from "./packet.ts";

/** Where a socket is. */
export interface SocketOptions {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly port: number;
}

/** A bound port. */
export class DatagramSocket {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly address: string;
  /** Datagrams dropped since their reader was paused for too long, or there were too many peers. */
  overflowed = 0;
  readonly port: number;
  readonly #peers = new Map<string, DatagramEnd>();
  #accept: Accept | undefined;
  #isListening = false;

  constructor(options: SocketOptions) {
    this.world = options.world;
    this.process = options.process;
    this.port = options.port;
    this.address = addressText(options.process.name, options.port);
    this.process.sockets.set(options.port, this);
  }

  /** A socket that takes the datagrams of anybody. */
  static listen(options: SocketOptions, accept: Accept): Listener {
    const socket = new DatagramSocket(options);
    socket.#accept = accept;
    socket.#isListening = true;
    return { address: socket.address, close: () => socket.#close() };
  }

  /** Makes this the socket of one association. */
  connect(end: DatagramEnd): void {
    this.#peers.set(end.remote, end);
  }

  receive(datagram: Datagram): void {
    const end = this.#peers.get(datagram.source.address) ?? this.#meet(datagram.source);
    end?.receive(datagram.bytes);
  }

  /** A link is over. */
  forget(end: DatagramEnd): void {
    this.#peers.delete(end.remote);
    if (!this.#isListening && this.#peers.size === 0) this.#unbind();
  }

  #meet(source: DatagramEnd): DatagramEnd | undefined {
    if (this.#accept === undefined) return undefined;
    if (this.#peers.size >= this.world.datagram.peersMax) {
      this.overflowed++;
      return undefined;
    }
    const end = new DatagramEnd({
      socket: this,
      remote: { host: source.process.name, port: source.port },
      ways: { outward: source.ways.inward, inward: source.ways.outward },
      accept: this.#accept,
    });
    this.#peers.set(end.remote, end);
    return end;
  }

  #close(): void {
    this.#accept = undefined;
    this.#isListening = false;
    if (this.#peers.size === 0) this.#unbind();
  }

  #unbind(): void {
    this.process.sockets.delete(this.port);
  }
}
