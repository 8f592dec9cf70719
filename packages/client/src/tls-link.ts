/**
 * One link over TLS: what socket and engine say, translated; decided is nothing here but trust in
 * the protocol's name and how long a handshake may take.
 *
 * The connection beneath says when the link is gone, for that is what both ends and every failure
 * have in common; engines differ in whether they say it.
 */
import type { TLSSocket } from "node:tls";
import type { Clock, Link, LinkError, LinkEvents, Timer, WireTap } from "@faultline/protocol";
import { EndWatch, TapGate, tlsErrorOf, TRUNCATED, type Wire } from "@faultline/tls";
import { linkErrorOf } from "./link-error.ts";

/** What a link is told beside its events. */
export interface TlsLinkParts {
  readonly remote: string;
  /** The application protocol that the server must have chosen. */
  readonly alpn: string;
  readonly clock: Clock;
  readonly handshakeTimeoutUs: number;
  readonly tap: WireTap | undefined;
}

/** @see module */
export class TlsLink implements Link {
  readonly kind = "stream";
  readonly remote: string;
  readonly #events: LinkEvents;
  readonly #parts: TlsLinkParts;
  #wire: Wire | undefined;
  #socket: TLSSocket | undefined;
  #handshake: Timer | undefined;
  #local = "";
  #isOpen = false;
  #isDropped = false;
  #isClosed = false;
  #error: LinkError | undefined;

  constructor(events: LinkEvents, parts: TlsLinkParts) {
    this.#events = events;
    this.#parts = parts;
    this.remote = parts.remote;
  }

  get local(): string {
    return this.#local;
  }

  open(wire: Wire, socket: TLSSocket): void {
    this.#wire = wire;
    this.#socket = socket;
    const ends = new EndWatch(wire, socket);
    this.#watchWire(wire, socket);
    socket.on("secureConnect", () => this.#secured(socket));
    socket.on("data", (bytes: Uint8Array) => {
      if (this.#isOpen && !this.#isDropped) this.#events.onBytes(bytes);
    });
    socket.on("drain", () => {
      if (!this.#isDropped) this.#events.onDrain();
    });
    socket.on("end", () => {
      if (ends.isCut) this.#fail(TRUNCATED);
      else if (this.#isOpen && !this.#isDropped) this.#events.onEnd();
    });
    socket.on("error", (error) => this.#fail(errorOf(error)));
  }

  send(bytes: Uint8Array): boolean {
    return this.#socket?.write(bytes) ?? false;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  end(): void {
    if (!this.#isDropped) this.#socket?.end();
  }

  reset(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#wire?.reset();
  }

  #watchWire(wire: Wire, socket: TLSSocket): void {
    const { clock, handshakeTimeoutUs, tap } = this.#parts;
    const startedUs = clock.nowUs();
    wire.socket.on("connect", () => {
      const { localAddress, localPort } = wire.socket;
      this.#local = `${localAddress}:${localPort}`;
      this.#handshake = clock.setTimer(clock.nowUs() + handshakeTimeoutUs, () => this.#late());
      if (tap !== undefined) {
        wire.gate = new TapGate(wire, { tap, clock, dialled: true, startedUs, local: this.#local });
      }
    });
    wire.on("error", (error: Error) => this.#fail(errorOf(error)));
    wire.on("close", () => this.#closed(socket));
    if (tap === undefined) return;
    socket.on("keylog", (line: Uint8Array) => {
      tap.keyLog(new TextDecoder().decode(line).trimEnd(), clock.nowUs());
    });
  }

  #secured(socket: TLSSocket): void {
    this.#handshake?.cancel();
    if (this.#isDropped) return;
    const { alpn } = this.#parts;
    if (socket.alpnProtocol !== alpn) {
      const got = socket.alpnProtocol === false ? "none" : JSON.stringify(socket.alpnProtocol);
      const message = `the server chose the protocol ${got} and not "${alpn}"`;
      this.#fail({ code: "protocol-mismatch", message });
      return;
    }
    this.#isOpen = true;
    this.#events.onOpen();
  }

  #late(): void {
    const ms = this.#parts.handshakeTimeoutUs / 1000;
    this.#fail({ code: "timeout", message: `no TLS handshake within ${ms} ms` });
  }

  /** The first reason counts; what follows from it says less. */
  #fail(error: LinkError): void {
    this.#error ??= error;
    this.#handshake?.cancel();
    this.#wire?.destroy();
  }

  #closed(socket: TLSSocket): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handshake?.cancel();
    this.#wire = undefined;
    this.#socket = undefined;
    socket.destroy();
    this.#events.onClose(this.#isDropped ? undefined : this.#error);
  }
}

function errorOf(error: Error): LinkError {
  return tlsErrorOf(error) ?? linkErrorOf(error);
}
