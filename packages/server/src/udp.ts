/**
 * UDP: one socket of node:dgram as a link for each peer that sends to it.
 *
 * A peer is an address and a port; it exists from its first datagram until its conversation ends it
 * (a UDP peer never says goodbye to the operating system). A datagram is answered by at most one
 * of its own size and a few bytes, so that a forged source gains nothing; only a fault that was
 * asked for multiplies.
 */
import type { RemoteInfo, Socket, SocketOptions } from "node:dgram";
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Link, LinkEvents } from "@faultline/protocol";
import { hostPort } from "./error.ts";

/**
 * What the operating system may keep for us between two looks, in bytes (it takes what it allows):
 * thousands of datagrams that come at once.
 */
const RECEIVE_BYTES = 4_194_304;

/** Where to listen, and who gets the links. */
export interface UdpOptions {
  readonly host: string;
  readonly port: number;
  /** Whether other workers listen on the same port. */
  readonly reusePort: boolean;
  /** Above so many bytes waiting to be sent, datagrams are dropped. */
  readonly sendQueueBytesMax: number;
  accept(link: Link): LinkEvents;
  /** A datagram was not sent, for `sendQueueBytesMax`. */
  onDropped(): void;
  /** A datagram could not be sent, or the socket failed. */
  onError(error: Error): void;
}

/** A bound socket. */
export interface UdpListener {
  readonly port: number;
  /** Closes the socket and with it every peer. */
  close(): Promise<void>;
}

/** Binds. Rejects with the operating system's error. */
export function listenUdp(options: UdpOptions): Promise<UdpListener> {
  const { host, port, reusePort } = options;
  const socket = createSocket(socketOptions(host, reusePort));
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      // A socket that could not be bound stays open until it is told.
      socket.close();
      reject(error);
    };
    socket.once("error", fail);
    socket.bind({ port, address: host }, () => {
      socket.off("error", fail);
      socket.on("error", (error) => options.onError(error));
      widen(socket);
      const hub = new UdpHub(socket, options);
      socket.on("message", (bytes: Uint8Array, from) => hub.receive(bytes, from));
      resolve({ port: socket.address().port, close: () => hub.close() });
    });
  });
}

/**
 * An address needs no look-up; answering at once lets a datagram leave in the call that sends it,
 * where the default would wait for another turn of the event loop.
 */
function socketOptions(host: string, reusePort: boolean): SocketOptions {
  const family = isIPv6(host) ? 6 : 4;
  return {
    type: family === 6 ? "udp6" : "udp4",
    ...(reusePort && { reusePort }),
    ...(/^[\d.]+$|:/.test(host) && {
      lookup: (address, _options, done) => done(null, address, family),
    }),
  };
}

/**
 * A larger receive buffer is welcome, not needed: some runtimes cannot set it. Deno, known by its
 * missing send queue, would leave the system's as it is (some 250 small datagrams, where Node then
 * takes thousands) and allocate that much anew for each datagram, which makes it ten times slower.
 */
function widen(socket: Socket): void {
  if (typeof socket.getSendQueueSize !== "function") return;
  try {
    socket.setRecvBufferSize(RECEIVE_BYTES);
  } catch {
    // The default will do; what it cannot hold is lost, as datagrams may be.
  }
}

/** Sorts datagrams by peer. */
class UdpHub {
  readonly #socket: Socket;
  readonly #options: UdpOptions;
  readonly #peers = new Map<string, Map<number, UdpPeer>>();
  #closed = false;

  constructor(socket: Socket, options: UdpOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  receive(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    let ports = this.#peers.get(address);
    if (ports === undefined) {
      ports = new Map();
      this.#peers.set(address, ports);
    }
    let peer = ports.get(port);
    if (peer === undefined) {
      peer = new UdpPeer(this, address, port);
      ports.set(port, peer);
      peer.events = this.#options.accept(peer);
      peer.events.onOpen();
    }
    peer.events?.onBytes(bytes);
  }

  send(bytes: Uint8Array, peer: UdpPeer): boolean {
    if (this.#closed) return true;
    // Missing in Deno, whose sends do not queue here.
    const queued = this.#socket.getSendQueueSize?.() ?? 0;
    if (queued > this.#options.sendQueueBytesMax) {
      this.#options.onDropped();
      return true;
    }
    this.#socket.send(bytes, peer.port, peer.address);
    return true;
  }

  get local(): string {
    if (this.#closed) return "";
    const { address, port } = this.#socket.address();
    return hostPort(address, port);
  }

  /** The next datagram of this peer makes a new link. */
  forget(peer: UdpPeer): void {
    const ports = this.#peers.get(peer.address);
    if (ports?.get(peer.port) !== peer) return;
    ports.delete(peer.port);
    if (ports.size === 0) this.#peers.delete(peer.address);
    queueMicrotask(() => peer.events?.onClose(undefined));
  }

  close(): Promise<void> {
    this.#closed = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.close(() => resolve());
    for (const ports of this.#peers.values()) {
      for (const peer of ports.values()) peer.events?.onClose(undefined);
    }
    this.#peers.clear();
    return promise;
  }
}

/** One peer. */
class UdpPeer implements Link {
  readonly kind = "datagram";
  readonly address: string;
  readonly port: number;
  events: LinkEvents | undefined;
  readonly #hub: UdpHub;

  constructor(hub: UdpHub, address: string, port: number) {
    this.#hub = hub;
    this.address = address;
    this.port = port;
  }

  get remote(): string {
    return hostPort(this.address, this.port);
  }

  get local(): string {
    return this.#hub.local;
  }

  send(bytes: Uint8Array): boolean {
    return this.#hub.send(bytes, this);
  }

  /** Datagrams cannot be asked to wait. */
  pause(): void {}

  resume(): void {}

  end(): void {
    this.#hub.forget(this);
  }

  reset(): void {
    this.#hub.forget(this);
  }
}
