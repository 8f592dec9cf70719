/**
 * Links over UDP: one connected node:dgram socket for each link.
 *
 * A connected socket learns from the kernel when the peer's port is closed, and sends without a
 * look-up each time. Where a runtime only pretends to connect (Deno), strangers are kept out here.
 * Addresses are not looked up at all: the runtime's own look-up would wait for the next tick even
 * for `127.0.0.1`. Reliability is not here: a datagram may be lost, doubled or overtaken, and the
 * client above copes.
 */
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns";
import type { AddressInfo } from "node:net";
import { isIP } from "node:net";
import type { Dialer, Link, LinkEvents } from "@faultline/protocol";
import type { Endpoint, EndpointOptions } from "./endpoint.ts";
import { endpointOf } from "./endpoint.ts";
import { linkErrorOf } from "./link-error.ts";

/** Where to send to. */
export type UdpDialerOptions = EndpointOptions;

/** Datagrams kept before the link is open, or while it is paused; more are lost, as UDP may. */
const KEPT_MAX = 256;
/** Bytes waiting for the kernel above which the link calls itself full: Linux's default buffer. */
const SEND_BYTES_MAX = 212_992;

/**
 * Dials one UDP endpoint. The link opens as soon as there is a socket: no byte travels.
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function udpDialer(options: UdpDialerOptions): Dialer {
  const endpoint = endpointOf(options);
  return {
    kind: "datagram",
    dial(events) {
      const link = new UdpLink(events, endpoint);
      link.open();
      return link;
    },
  };
}

class UdpLink implements Link {
  readonly kind = "datagram";
  readonly #events: LinkEvents;
  readonly #to: Endpoint;
  readonly #socket: Socket;
  #at: "opening" | "open" | "closed" = "opening";
  #local = "";
  #peer: AddressInfo | undefined;
  #isPaused = false;
  #isFull = false;
  /** Datagrams the runtime has taken and may not have sent, where it does not tell its queue. */
  #onTheWay = 0;
  #isEnding = false;
  /** Datagrams to send once open, or to tell of once resumed. */
  readonly #unsent: Uint8Array[] = [];
  readonly #untold: Uint8Array[] = [];
  #error: Error | undefined;

  constructor(events: LinkEvents, to: Endpoint) {
    this.#events = events;
    this.#to = to;
    this.#socket = socketFor(to.host);
  }

  get remote(): string {
    return `${this.#to.host}:${this.#to.port}`;
  }

  get local(): string {
    return this.#local;
  }

  open(): void {
    const socket = this.#socket;
    socket.on("message", (bytes, from) => {
      if (from.port === this.#peer?.port && from.address === this.#peer.address) {
        this.#arrived(bytes);
      }
    });
    socket.on("connect", () => this.#opened());
    socket.on("error", (error) => this.#failed(error));
    socket.on("close", () => this.#closed());
    // So that the own address is known, also where connecting does not tell it.
    if (this.#to.host.startsWith("127.")) socket.bind(0, "127.0.0.1");
    socket.connect(this.#to.port, this.#to.host);
  }

  send(bytes: Uint8Array): boolean {
    if (this.#at === "open") return this.#write(bytes);
    if (this.#at === "opening" && this.#unsent.length < KEPT_MAX) this.#unsent.push(bytes);
    return true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && this.#at === "open") {
      const bytes = this.#untold.shift();
      if (bytes === undefined) return;
      this.#events.onBytes(bytes);
    }
  }

  end(): void {
    this.#isEnding = true;
    if (this.#onTheWay === 0) this.#close();
  }

  reset(): void {
    this.#close();
  }

  #opened(): void {
    if (this.#at !== "opening") return;
    this.#at = "open";
    const { address, port } = this.#socket.address();
    this.#local = `${address}:${port}`;
    this.#peer = this.#socket.remoteAddress();
    this.#events.onOpen();
    for (const bytes of this.#unsent.splice(0)) this.send(bytes);
  }

  #arrived(bytes: Uint8Array): void {
    if (this.#at !== "open") return;
    if (!this.#isPaused && this.#untold.length === 0) this.#events.onBytes(bytes);
    else if (this.#untold.length < KEPT_MAX) this.#untold.push(Uint8Array.from(bytes));
  }

  /** Writes, and where the kernel is behind, asks to be told when it has caught up. */
  #write(bytes: Uint8Array): boolean {
    const bytesUnsent = this.#bytesUnsent();
    if (bytesUnsent === undefined) {
      // Such a runtime sends later, and forgets what is not sent when the socket is closed.
      this.#onTheWay += 1;
      this.#socket.send(bytes, () => this.#left());
      return true;
    }
    if (bytesUnsent <= SEND_BYTES_MAX) {
      this.#socket.send(bytes);
      return !this.#isFull;
    }
    this.#isFull = true;
    this.#socket.send(bytes, () => this.#drained());
    return false;
  }

  #left(): void {
    this.#onTheWay -= 1;
    if (this.#isEnding && this.#onTheWay === 0) this.#close();
  }

  #drained(): void {
    const bytesUnsent = this.#bytesUnsent() ?? 0;
    if (!this.#isFull || this.#at !== "open" || bytesUnsent > SEND_BYTES_MAX) return;
    this.#isFull = false;
    this.#events.onDrain();
  }

  /** What the kernel has not taken yet; not every runtime tells. */
  #bytesUnsent(): number | undefined {
    const { getSendQueueSize }: Partial<Socket> = this.#socket;
    return getSendQueueSize?.call(this.#socket);
  }

  #failed(error: Error): void {
    this.#error ??= error;
    this.#close();
  }

  #close(): void {
    if (this.#at === "closed") return;
    this.#at = "closed";
    this.#socket.close();
  }

  #closed(): void {
    const error = this.#error;
    this.#events.onClose(error === undefined ? undefined : linkErrorOf(error));
  }
}

/** A socket that takes an address for what it is, without asking anybody. */
function socketFor(host: string): Socket {
  const family = isIP(host);
  const type = family === 6 ? "udp6" : "udp4";
  if (family === 0) return createSocket({ type, lookup });
  return createSocket({
    type,
    lookup: (address, _options, callback) => callback(null, address, family),
  });
}
