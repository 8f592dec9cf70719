/**
 * TLS 1.3: connections of node:net with the engine of node:tls on top, as links.
 *
 *   net.Server ─► Wire ─► hello? ─► tls.Server ─► trusted? ─► TlsLink ─► the owner
 *                                                 └─ no ───► told so, and closed
 *
 * A link exists only after its handshake: what never finishes one is dropped, before its hello by us
 * and then by the engine, and so many at once are let in and no more. Everything above the link is as over TCP. The road not taken
 * is the engine's own listener: nothing could act between the encrypted bytes and the network.
 */
import type { Socket } from "node:net";
import { createServer as createEngine, type TLSSocket } from "node:tls";
import type { Server as Engine, TlsOptions as EngineOptions } from "node:tls";
import type { Clock, Link, LinkEvents } from "@faultline/protocol";
import { TLS_PROTOCOL_ID, TLS_VERSION, tlsErrorOf, Wire } from "@faultline/tls";
import { type ClientRefusal, fingerprintOf, judgeClient } from "./client-trust.ts";
import { hostPort } from "./error.ts";
import { Hello } from "./hello.ts";
import { closed, listenSockets, portOf, type SocketOptions } from "./sockets.ts";
import type { TcpListener } from "./tcp.ts";
import { TlsLink } from "./tls-link.ts";
import type { TlsSetup } from "./tls-options.ts";
import { turnAway } from "./turn-away.ts";

/** Where to listen, with what, and who gets the links. */
export interface TlsOptions extends SocketOptions {
  readonly handshakeTimeoutMs: number;
  /** Handshakes under way at once; above it a connection is reset. */
  readonly handshakesMax: number;
  readonly setup: TlsSetup;
  readonly clock: Pick<Clock, "nowUs" | "setTimer">;
  /** What the clock counts from, in µs since 1970. */
  readonly epochUs: number;
  /** Gets the links; `wire` is what is beneath. */
  accept(link: Link, wire: Wire): LinkEvents;
  /** A peer was not let in. */
  refused(refusal: ClientRefusal, remote: string): void;
}

/** A listener whose list of clients can be changed. */
export interface TlsListener extends TcpListener {
  /** Whom to let in from now on; who is in and not on the list is dropped. */
  setClients(clients: readonly string[] | null): void;
}

/** Listens. Rejects with the operating system's error. */
export async function listenTls(options: TlsOptions): Promise<TlsListener> {
  const door = new TlsDoor(options);
  const server = await listenSockets(options, (socket) => door.enter(socket));
  return {
    port: portOf(server),
    close: () => {
      const end = closed(server);
      door.dropHandshakes();
      return end;
    },
    setClients: (clients) => door.setClients(clients),
  };
}

class TlsDoor {
  readonly #options: TlsOptions;
  readonly #engine: Engine;
  /** Those who are in and showed a certificate. */
  readonly #known = new Map<TlsLink, string>();
  #clients: ReadonlySet<string> | null;
  /** Those whose handshake is under way. */
  readonly #handshakes = new Set<Wire>();
  /** Those who are being turned away; they keep their places among the handshakes. */
  readonly #leaving = new Set<Wire>();
  /** The wire whose bytes the engine has just been given: it speaks of that one. */
  #current: Wire | undefined;

  constructor(options: TlsOptions) {
    this.#options = options;
    this.#clients = setOf(options.setup.clients);
    this.#engine = createEngine(engineOptions(options));
    this.#engine.on("secureConnection", (socket) => this.#secured(socket, this.#current));
    this.#engine.on("tlsClientError", (error, socket) => this.#failed(error, socket));
  }

  /** @returns who is lent its bytes */
  enter(socket: Socket): (bytes: Uint8Array) => void {
    const { handshakesMax } = this.#options;
    if (this.#handshakes.size + this.#leaving.size >= handshakesMax) {
      socket.on("error", () => {});
      socket.resetAndDestroy();
      const message = `${handshakesMax} handshakes are under way.`;
      this.#options.refused({ code: "handshakes-full", message }, "");
      return () => {};
    }
    const wire = new Wire(socket);
    this.#handshakes.add(wire);
    wire.once("close", () => this.#handshakes.delete(wire));
    const isSaid = this.#awaitHello(wire);
    // Who ends before it is in has no more to say, and would keep a place.
    wire.once("end", () => {
      if (this.#handshakes.has(wire)) wire.reset();
    });
    // Whoever owns the wire later listens too; a failure before that is the engine's to tell.
    wire.on("error", () => {});
    let hello: Hello | undefined = new Hello();
    return (bytes) => {
      // A copy: not every engine is done with the bytes when the call is over.
      const given = hello === undefined ? bytes.slice() : hello.take(bytes);
      if (given === undefined) return;
      this.#current = wire;
      if (hello !== undefined) {
        hello = undefined;
        isSaid();
        this.#engine.emit("connection", wire);
      }
      wire.arrive(given);
      this.#current = undefined;
    };
  }

  /**
   * Nobody else sees to a peer before its hello is whole. What is refused is told first and done then,
   * so that who asks because of it finds it counted.
   *
   * @returns to be called when it is whole
   */
  #awaitHello(wire: Wire): () => void {
    const { clock, handshakeTimeoutMs } = this.#options;
    let isOver = false;
    const over = (refusal?: ClientRefusal): void => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      if (refusal === undefined) return;
      this.#options.refused(refusal, remoteOf(wire));
      wire.reset();
    };
    const timer = clock.setTimer(clock.nowUs() + handshakeTimeoutMs * 1000, () => {
      over({ code: "handshake-timeout", message: `no hello within ${handshakeTimeoutMs} ms` });
    });
    const ended = {
      code: "handshake-failed",
      message: "The peer ended before its hello.",
    } as const;
    wire.once("end", () => over(ended));
    wire.once("close", () => over(ended));
    return () => over();
  }

  /** Nobody comes in any more, those neither who were just about to. */
  dropHandshakes(): void {
    for (const wire of [...this.#handshakes, ...this.#leaving]) wire.reset();
  }

  setClients(clients: readonly string[] | null): void {
    this.#clients = setOf(clients);
    for (const [link, fingerprint] of this.#known) {
      if (this.#clients?.has(fingerprint) === false) link.reset();
    }
  }

  #secured(socket: TLSSocket, wire: Wire | undefined): void {
    if (wire === undefined) {
      socket.destroy();
      return;
    }
    this.#handshakes.delete(wire);
    const refusal = this.#judge(socket);
    if (refusal !== undefined) {
      this.#options.refused(refusal, remoteOf(wire));
      this.#turnAway(socket, wire);
      return;
    }
    const link = new TlsLink(wire, socket);
    const fingerprint = fingerprintOf(socket);
    if (fingerprint !== undefined) {
      this.#known.set(link, fingerprint);
      wire.once("close", () => this.#known.delete(link));
    }
    link.own(this.#options.accept(link, wire));
  }

  /** It has as long as a handshake: nobody else counts it. */
  #turnAway(socket: TLSSocket, wire: Wire): void {
    const { clock, handshakeTimeoutMs } = this.#options;
    const timer = clock.setTimer(clock.nowUs() + handshakeTimeoutMs * 1000, () => wire.reset());
    this.#leaving.add(wire);
    wire.once("close", () => {
      this.#leaving.delete(wire);
      timer.cancel();
    });
    turnAway(socket, wire);
  }

  #judge(socket: TLSSocket): ClientRefusal | undefined {
    const { clock, epochUs, setup } = this.#options;
    if (socket.alpnProtocol !== (setup.alpn ?? TLS_PROTOCOL_ID)) {
      return { code: "protocol-mismatch", message: "The client names no protocol (ALPN)." };
    }
    const trust = { required: setup.clientCa !== null, clients: this.#clients };
    return judgeClient(socket, trust, Math.floor((clock.nowUs() + epochUs) / 1000));
  }

  /** The handshake failed; afterwards a link tells its owner itself. */
  #failed(error: Error, socket: TLSSocket): void {
    const isLate = /timeout/i.test(error.message);
    const isMismatch = tlsErrorOf(error)?.code === "protocol-mismatch";
    const code = isLate
      ? "handshake-timeout"
      : isMismatch
        ? "protocol-mismatch"
        : "handshake-failed";
    const message = tlsErrorOf(error)?.message ?? error.message;
    const remote = this.#current === undefined ? "" : remoteOf(this.#current);
    this.#options.refused({ code, message }, remote);
    socket.destroy();
  }
}

function engineOptions({ setup, handshakeTimeoutMs }: TlsOptions): EngineOptions {
  const { alpn = TLS_PROTOCOL_ID, cert, clientCa, key, ticketKeys } = setup;
  return {
    cert,
    key,
    minVersion: TLS_VERSION,
    ALPNProtocols: [alpn],
    allowHalfOpen: true,
    handshakeTimeout: handshakeTimeoutMs,
    ...(ticketKeys !== undefined && { ticketKeys: Buffer.from(ticketKeys) }),
    // The engine verifies and says what it found; who is not let in shall be told why.
    ...(clientCa !== null && {
      ca: typeof clientCa === "string" ? clientCa : [...clientCa],
      requestCert: true,
      rejectUnauthorized: false,
    }),
  };
}

function setOf(clients: readonly string[] | null): ReadonlySet<string> | null {
  return clients === null ? null : new Set(clients);
}

function remoteOf({ socket }: Wire): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return "";
  return hostPort(remoteAddress, remotePort);
}
