/**
 * Links over TCP: node:net behind the Link port.
 *
 * Reads go into one buffer for the link's whole life: the port says that bytes are only valid
 * during the call, so no read costs an allocation or a trip through a stream's queue. Nagle is
 * off (a message is written whole, and waiting for more would add 40 ms to it), keepalive is on
 * for peers that die between messages. Connect timeouts are not set here: line.ts has them.
 */
import type { Socket } from "node:net";
import { connect } from "node:net";
import type { Dialer, Link, LinkEvents } from "@faultline/protocol";
import { durationUsOf } from "./checks.ts";
import { linkErrorOf } from "./link-error.ts";
import type { EndpointOptions } from "./endpoint.ts";
import { endpointOf } from "./endpoint.ts";

/** Where to connect to, and how. */
export interface TcpDialerOptions extends EndpointOptions {
  /** Idle time before the kernel probes the peer. @default 30_000: the kernel's own is two hours */
  readonly keepAliveMs?: number;
}

/** What one read takes at most: what Node itself reads at once. */
const READ_BYTES = 65_536;

/**
 * Dials one TCP endpoint.
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function tcpDialer(options: TcpDialerOptions): Dialer {
  const { host, port } = endpointOf(options);
  const keepAlive = { doing: "dial", name: "keepAliveMs", value: options.keepAliveMs ?? 30_000 };
  const keepAliveInitialDelay = Math.ceil(durationUsOf(keepAlive, 1) / 1000);
  return {
    kind: "stream",
    dial(events) {
      const link = new TcpLink(events, `${host}:${port}`);
      link.open({ host, port, keepAliveInitialDelay });
      return link;
    },
  };
}

class TcpLink implements Link {
  readonly kind = "stream";
  readonly remote: string;
  readonly #events: LinkEvents;
  #socket: Socket | undefined;
  #local = "";
  #isPaused = false;
  #isEnded = false;
  #isDropped = false;
  #error: Error | undefined;

  constructor(events: LinkEvents, remote: string) {
    this.#events = events;
    this.remote = remote;
  }

  get local(): string {
    return this.#local;
  }

  open(to: { host: string; port: number; keepAliveInitialDelay: number }): void {
    const buffer = new Uint8Array(READ_BYTES);
    const callback = (bytes: number): boolean => {
      if (!this.#isDropped) this.#events.onBytes(buffer.subarray(0, bytes));
      return !this.#isPaused;
    };
    const onread = { buffer, callback };
    const socket = connect({ ...to, allowHalfOpen: true, keepAlive: true, noDelay: true, onread });
    this.#socket = socket;
    socket.on("connect", () => this.#opened(socket));
    socket.on("drain", () => this.#events.onDrain());
    socket.on("end", () => {
      if (!this.#isDropped) this.#events.onEnd();
    });
    socket.on("error", (error) => (this.#error = error));
    socket.on("close", () => this.#closed());
  }

  send(bytes: Uint8Array): boolean {
    return this.#socket?.write(bytes) ?? false;
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket?.resume();
  }

  end(): void {
    if (this.#isDropped || this.#isEnded) return;
    this.#isEnded = true;
    this.#socket?.end();
  }

  reset(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    const socket = this.#socket;
    // A socket that is still connecting would wait until it has something to reset; one that is
    // just ending cannot be reset, and would never say that it is closed.
    if (socket?.connecting === true || this.#isEnded) socket?.destroy();
    else if (socket?.destroyed === false) socket.resetAndDestroy();
  }

  #opened(socket: Socket): void {
    this.#local = `${socket.localAddress}:${socket.localPort}`;
    if (!this.#isDropped) this.#events.onOpen();
  }

  #closed(): void {
    const error = this.#isDropped ? undefined : this.#error;
    this.#socket = undefined;
    this.#events.onClose(error === undefined ? undefined : linkErrorOf(error));
  }
}
