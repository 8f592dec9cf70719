/**
 * One connection over TLS as a link: what socket and engine say, translated.
 *
 * The connection beneath says when the link is gone, for that is what both ends and every failure
 * have in common; engines differ in whether they say it.
 */
import type { TLSSocket } from "node:tls";
import type { Link, LinkError, LinkEvents, RecordHarm } from "@faultline/protocol";
import { EndWatch, tlsErrorOf, TRUNCATED, type Wire } from "@faultline/tls";
import { hostPort } from "./error.ts";
import { linkError } from "./tcp.ts";

/** @see module */
export class TlsLink implements Link {
  readonly kind = "stream";
  readonly #wire: Wire;
  readonly #socket: TLSSocket;
  #remote: string | undefined;
  #error: LinkError | undefined;
  #isDropped = false;
  #isHarmed = false;

  constructor(wire: Wire, socket: TLSSocket) {
    this.#wire = wire;
    this.#socket = socket;
  }

  /** Asked for late: the name of a peer costs a system call, and most are never asked for. */
  get remote(): string {
    if (this.#remote === undefined) {
      const { remoteAddress, remotePort } = this.#wire.socket;
      if (remoteAddress === undefined || remotePort === undefined) return "";
      this.#remote = hostPort(remoteAddress, remotePort);
    }
    return this.#remote;
  }

  get local(): string {
    const { localAddress, localPort } = this.#wire.socket;
    if (localAddress === undefined || localPort === undefined) return "";
    return hostPort(localAddress, localPort);
  }

  /** Tells an owner everything from here on. */
  own(events: LinkEvents): void {
    const wire = this.#wire;
    const socket = this.#socket;
    const ends = new EndWatch(wire, socket);
    socket.on("data", (bytes: Uint8Array) => {
      if (!this.#isDropped) events.onBytes(bytes);
    });
    socket.on("drain", () => {
      if (!this.#isDropped) events.onDrain();
    });
    socket.on("end", () => {
      if (ends.isCut) this.#fail(TRUNCATED);
      else if (!this.#isDropped) events.onEnd();
    });
    socket.on("error", (error) => this.#fail(tlsErrorOf(error) ?? linkError(error)));
    wire.on("error", (error: Error) => this.#fail(linkError(error)));
    wire.once("close", () => {
      socket.destroy();
      events.onClose(this.#isDropped ? undefined : this.#error);
    });
    events.onOpen();
  }

  send(bytes: Uint8Array): boolean {
    return this.#isHarmed || this.#socket.write(bytes);
  }

  sendHarmed(bytes: Uint8Array, harm: RecordHarm): void {
    if (this.#isDropped || this.#isHarmed) return;
    this.#isHarmed = true;
    const strike = (): void => {
      this.#wire.harm(harm);
      this.#socket.write(bytes);
    };
    // What waits for the network is another message's.
    if (this.#socket.writableLength === 0) strike();
    else this.#socket.write(new Uint8Array(0), strike);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#wire.reset();
  }

  /** The first reason counts; what follows from it says less. */
  #fail(error: LinkError): void {
    this.#error ??= error;
    this.#wire.destroy();
  }
}
