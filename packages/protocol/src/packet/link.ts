/**
 * A link of whole messages over a link of datagrams: obeys a packet connection, with a clock.
 *
 *   owner ── send ──► connection ── next ──► lower link
 *   owner ◄─ onBytes ── connection ◄─ receive ── lower link
 *
 * Still of the kind `datagram`: one `send` is one message, whole or not at all, in no order. It is
 * only not lost while its lifetime lasts. Everything that is to leave at the end of an event leaves
 * then, so that an ack goes with the reply it is for. One timer, which is set anew only where
 * something falls due sooner.
 */
import type { Clock, Link, LinkError, LinkEvents, Timer } from "../ports.ts";
import type { PacketConnection, PacketEnd } from "./connection.ts";
import type { Packet } from "./wire.ts";

/** What a packet link is made of. */
export interface PacketLinkParts {
  readonly clock: Clock;
  readonly connection: PacketConnection;
  /** The datagrams' way out. */
  lower(): Link;
  /** A message was dropped: too large, or too much is queued. */
  dropped?(): void;
  /** The link is over; its owner is told after this. */
  over(link: PacketLink): void;
}

/** A link that is ending, and has not been heard for so many probe timeouts, waits for no more acks. */
const LINGER_PROBES = 3;

/** @see module */
export class PacketLink implements Link {
  readonly kind = "datagram";
  readonly #parts: PacketLinkParts;
  #events: LinkEvents | undefined;
  #timer: Timer | undefined;
  #timerUs = Infinity;
  #isBusy = false;
  #isPaused = false;
  #isFull = false;
  #isOver = false;
  /** When an ending link ends for good. */
  #endUs = Infinity;
  /** Messages of a paused owner. */
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(parts: PacketLinkParts) {
    this.#parts = parts;
  }

  /** Largest message. */
  get messageBytesMax(): number {
    return this.#parts.connection.messageBytesMax;
  }

  get peerKey(): string | undefined {
    return this.#parts.lower().peerKey;
  }

  get remote(): string {
    return this.#parts.lower().remote;
  }

  get local(): string {
    return this.#parts.lower().local;
  }

  /** Gives the link its owner. */
  own(events: LinkEvents): void {
    this.#events = events;
  }

  send(bytes: Uint8Array): boolean {
    if (this.#isOver) return true;
    if (this.#endUs !== Infinity) {
      throw new Error("Cannot send on a link after its end() was called.");
    }
    const { clock, connection } = this.#parts;
    if (!connection.send(bytes, clock.nowUs())) this.#parts.dropped?.();
    this.#settle();
    if (connection.isFull) this.#isFull = true;
    return !this.#isFull;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#parts.clock.defer(() => this.#handOver());
  }

  end(): void {
    if (this.#isOver || this.#endUs !== Infinity) return;
    this.#endUs = this.#lingerUs();
    this.#settle();
  }

  reset(): void {
    this.#close(undefined);
  }

  /** A sound packet of this connection has come. */
  receive(packet: Packet, bytes: number): void {
    if (this.#isOver) return;
    const { clock, connection } = this.#parts;
    const at = { bytes, heldBytes: this.#heldBytes, nowUs: clock.nowUs() };
    const messages = connection.receive(packet, at);
    if (messages === undefined) return;
    if (this.#endUs !== Infinity) this.#endUs = this.#lingerUs();
    this.#isBusy = true;
    for (const message of messages) this.#arrived(message);
    this.#isBusy = false;
    this.#settle();
  }

  /** The lower link can take more. */
  drained(): void {
    this.#settle();
  }

  /** The lower link is over. */
  fail(error: LinkError | undefined): void {
    this.#close(error);
  }

  #arrived(message: Uint8Array): void {
    if (this.#isOver) return;
    if (!this.#isPaused && this.#held.length === 0) {
      this.#events?.onBytes(message);
      return;
    }
    this.#held.push(message.slice());
    this.#heldBytes += message.length;
  }

  #handOver(): void {
    while (!this.#isPaused && !this.#isOver) {
      const message = this.#held.shift();
      if (message === undefined) return;
      this.#heldBytes -= message.length;
      this.#events?.onBytes(message);
    }
  }

  /** The event is over: what may leave does, and the next time is set. */
  #settle(): void {
    if (this.#isBusy || this.#isOver) return;
    const { clock, connection } = this.#parts;
    const nowUs = clock.nowUs();
    if (connection.isIdle || nowUs >= this.#endUs) {
      if (this.#endUs !== Infinity) connection.close();
    }
    const lower = this.#parts.lower();
    for (;;) {
      const datagram = connection.next(nowUs);
      if (datagram === undefined) break;
      lower.send(datagram);
    }
    if (connection.end !== undefined) this.#close(errorOf(connection.end));
    else this.#arm();
    if (!this.#isFull || connection.isFull || this.#isOver) return;
    this.#isFull = false;
    clock.defer(() => {
      if (!this.#isOver && !this.#isFull) this.#events?.onDrain();
    });
  }

  #lingerUs(): number {
    const { clock, connection } = this.#parts;
    return clock.nowUs() + LINGER_PROBES * connection.rtt.timeoutUs(0);
  }

  #arm(): void {
    const { clock, connection } = this.#parts;
    const atUs = Math.min(connection.dueUs, this.#endUs);
    if (this.#timerUs <= atUs) return;
    this.#timer?.cancel();
    this.#timerUs = atUs;
    this.#timer = clock.setTimer(atUs, () => this.#due());
  }

  #due(): void {
    const { clock, connection } = this.#parts;
    const nowUs = clock.nowUs();
    this.#timer = undefined;
    this.#timerUs = Infinity;
    if (connection.dueUs <= nowUs) connection.due(nowUs);
    this.#settle();
  }

  #close(error: LinkError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#held.length = 0;
    this.#parts.over(this);
    this.#parts.clock.defer(() => this.#events?.onClose(error));
  }
}

function errorOf(end: PacketEnd): LinkError | undefined {
  switch (end) {
    case "closed":
      return undefined;
    case "unknown":
      return { code: "reset", message: "The peer does not know the connection any more." };
    case "silent":
      return { code: "timeout", message: "The peer was not heard of for too long." };
    default:
      return end satisfies never;
  }
}
