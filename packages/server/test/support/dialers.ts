/**
 * The client's side of real sockets as links, for the contract suite only.
 *
 * The server's own link class does the stream; datagrams need a queue of their own, since the
 * contract lets the dialling side pause.
 */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { Dialer, Link, LinkEvents } from "@faultline/protocol";
import { Wire } from "@faultline/tls";
import { linkError, TcpLink } from "../../src/tcp.ts";
import { TlsLink } from "../../src/tls-link.ts";

/** Dials TCP. */
export function tcpDialer(port: number): Dialer {
  return {
    kind: "stream",
    dial(events: LinkEvents): Link {
      const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
      let error: Error | undefined;
      socket.on("connect", () => events.onOpen());
      socket.on("data", (bytes: Uint8Array) => events.onBytes(bytes));
      socket.on("drain", () => events.onDrain());
      socket.on("end", () => events.onEnd());
      socket.on("error", (reason: Error) => (error = reason));
      socket.on("close", () => events.onClose(error && linkError(error)));
      return new TcpLink(socket);
    },
  };
}

/** Dials TLS. */
export function tlsDialer(port: number, options: ConnectionOptions): Dialer {
  return {
    kind: "stream",
    dial(events: LinkEvents): Link {
      const below = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
      const wire = new Wire(below);
      below.on("data", (bytes: Uint8Array) => wire.arrive(bytes));
      const ALPNProtocols = ["faultline/1"];
      const socket = connectTls({ host: "127.0.0.1", ALPNProtocols, ...options, socket: wire });
      const link = new TlsLink(wire, socket);
      link.own({
        onOpen: () => socket.once("secureConnect", () => events.onOpen()),
        onBytes: (bytes) => events.onBytes(bytes),
        onDrain: () => events.onDrain(),
        onEnd: () => events.onEnd(),
        onClose: (error) => events.onClose(error),
      });
      return link;
    },
  };
}

/** Dials UDP. */
export function udpDialer(port: number): Dialer {
  return { kind: "datagram", dial: (events) => new UdpClientLink(port, events) };
}

class UdpClientLink implements Link {
  readonly kind = "datagram";
  readonly remote: string;
  local = "";
  readonly #socket = createSocket("udp4");
  readonly #events: LinkEvents;
  readonly #inbox: Uint8Array[] = [];
  #paused = false;
  #closed = false;

  constructor(port: number, events: LinkEvents) {
    this.remote = `127.0.0.1:${port}`;
    this.#events = events;
    this.#socket.on("message", (bytes: Uint8Array) => {
      this.#inbox.push(bytes);
      this.#deliver();
    });
    this.#socket.connect(port, "127.0.0.1", () => {
      this.local = `127.0.0.1:${this.#socket.address().port}`;
      if (!this.#closed) events.onOpen();
    });
  }

  send(bytes: Uint8Array): boolean {
    if (this.local === "") this.#socket.once("connect", () => this.#socket.send(bytes));
    else this.#socket.send(bytes);
    return true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    setImmediate(() => this.#deliver());
  }

  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close(() => this.#events.onClose(undefined));
  }

  reset(): void {
    this.end();
  }

  #deliver(): void {
    while (!this.#paused && !this.#closed && this.#inbox.length > 0) {
      this.#events.onBytes(this.#inbox.shift()!);
    }
  }
}
