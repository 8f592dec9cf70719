/**
 * The bytes beneath TLS: a net.Socket dressed as the stream that the TLS engine reads and writes.
 *
 *   link ─► tls.TLSSocket ─► Wire ─► net.Socket
 *   link ◄─ tls.TLSSocket ◄─ Wire ◄─ net.Socket
 *
 * Node would let TLS have the socket to itself, and nobody could tell then whether a stream ended by
 * close_notify or was cut: what lies between sees it, and is also the place where encrypted bytes
 * can be written down or harmed. It is a Duplex by name only: going through the queues of a real one
 * halves the speed of a round trip, so what comes is handed up at once and what goes is written at
 * once. The road not taken was `tls.connect({ host, port })`.
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { RecordHarm } from "@faultline/protocol";
import { Harm } from "./harm.ts";

/** Stands between wire and socket: is given what passes, and hands on what shall. */
export interface WireGate {
  /** Bytes came; whoever wants them to reach the TLS engine calls `wire.deliver`. */
  received(bytes: Uint8Array): void;
  /** Bytes shall go; whoever wants them on the network calls `wire.transmit`. */
  sent(bytes: Uint8Array): void;
  /** The peer ended its side: `wire.deliverEnd`. */
  ended(): void;
  /** The engine ends this side: `wire.transmitEnd`. */
  finished(): void;
  /** Nothing passes any more. */
  closed(): void;
}

type Done = (error?: Error | null) => void;

/** @see module */
export class Wire extends Duplex {
  readonly socket: Socket;
  /** Where set, everything goes its way. */
  gate: WireGate | undefined;
  #hasEnded = false;
  #isFinished = false;
  #isGone = false;
  #isReset = false;
  #harm: Harm | undefined;
  /** The engine's last write, where the socket is full. */
  #blocked: Done | undefined;
  /** What was written before the connection was there; undefined once it is. */
  #early: Uint8Array[] | undefined;

  constructor(socket: Socket) {
    super({ allowHalfOpen: true, autoDestroy: false, emitClose: false, read: () => {} });
    this.socket = socket;
    this.#early = socket.connecting ? [] : undefined;
    // After "connect", so that who sets a gate then is not late for the first bytes.
    socket.on("ready", () => this.#connected());
    socket.on("drain", () => this.#drained());
    socket.on("end", () => {
      if (this.gate === undefined) this.deliverEnd();
      else this.gate.ended();
    });
    socket.on("error", (error) => this.emit("error", error));
    socket.on("close", () => this.#closed());
  }

  /** Whether the engine was told that the peer has ended its side (FIN). */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether this end dropped the connection. */
  get isReset(): boolean {
    return this.#isReset;
  }

  /** Bytes came from the network: called by whoever reads the socket. */
  arrive(bytes: Uint8Array): void {
    if (this.gate === undefined) this.deliver(bytes);
    else this.gate.received(bytes);
  }

  /** Gives bytes to the engine, which takes what it wants of them during the call. */
  deliver(bytes: Uint8Array): void {
    if (!this.#hasEnded && !this.#isGone) this.emit("data", bytes);
  }

  /** Tells the engine that nothing more will come. */
  deliverEnd(): void {
    if (this.#hasEnded || this.#isGone) return;
    this.#hasEnded = true;
    this.emit("end");
  }

  /** Harms what the engine writes next. */
  harm(harm: RecordHarm): void {
    this.#harm = new Harm(harm);
  }

  /** Writes to the network. */
  transmit(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Ends this side on the network (FIN). */
  transmitEnd(): void {
    this.socket.end();
  }

  /** Drops the connection at once (RST). */
  reset(): void {
    const { socket } = this;
    this.#isGone = true;
    this.#isReset = true;
    // What is connecting has nothing to reset; what is about to send its end cannot be, and would
    // never say that it is closed.
    const isEnding = socket.writableEnded && !socket.writableFinished;
    if (socket.connecting || isEnding) socket.destroy();
    else if (!socket.destroyed) socket.resetAndDestroy();
  }

  override pause(): this {
    this.socket.pause();
    return this;
  }

  override resume(): this {
    this.socket.resume();
    return this;
  }

  override cork(): void {}

  override uncork(): void {}

  override write(bytes: Uint8Array, encoding?: BufferEncoding | Done, done?: Done): boolean {
    const written = typeof encoding === "function" ? encoding : done;
    const sent = this.#harm === undefined ? bytes : this.#harm.of(bytes);
    if (this.#early !== undefined) this.#early.push(sent.slice());
    else this.#go(sent);
    if (this.#harm?.isEnd === true) this.#finish();
    if (written === undefined) return true;
    // At once, as no stream would: the engine has its own queue, and a turn of the event loop for
    // each write is a tenth of a round trip.
    if (this.socket.writableNeedDrain && this.#blocked === undefined) this.#blocked = written;
    else written();
    return true;
  }

  /** Later than asked: an engine may write its close_notify after it has ended the stream. */
  override end(chunk?: unknown, encoding?: unknown, done?: unknown): this {
    const finished = [chunk, encoding, done].find((one) => typeof one === "function");
    if (!this.#isFinished) {
      this.#isFinished = true;
      queueMicrotask(() => this.#finish());
    }
    if (finished !== undefined) queueMicrotask(finished as () => void);
    return this;
  }

  /** Once what was written has gone: the last of it may be the alert that says why. */
  override destroy(): this {
    // Twice: an engine may write its alert in the turn after the one in which it gives up.
    queueMicrotask(() => {
      this.#isGone = true;
      queueMicrotask(() => this.socket.destroySoon());
    });
    return this;
  }

  #connected(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const bytes of early) this.#go(bytes);
  }

  #go(bytes: Uint8Array): void {
    if (this.gate === undefined) this.transmit(bytes);
    else this.gate.sent(bytes);
  }

  #finish(): void {
    if (this.gate === undefined) this.transmitEnd();
    else this.gate.finished();
  }

  #drained(): void {
    const written = this.#blocked;
    this.#blocked = undefined;
    written?.();
  }

  #closed(): void {
    this.#isGone = true;
    this.gate?.closed();
    this.#drained();
    this.emit("close");
  }
}
