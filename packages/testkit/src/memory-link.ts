/**
 * One end of a connection in memory, driven by an injected clock.
 *
 *   owner ── send ──► pieces in flight (latency) ──► inbox (while paused) ──► onBytes of the peer
 *
 * Every call to an owner is an event of the clock, never the consequence of a call by an owner: so
 * no owner is ever re-entered, as with sockets. Delivered bytes are a copy that is overwritten
 * after the event: who keeps a view without copying reads garbage, and the test fails.
 */
import type { Clock, Link, LinkError, LinkEvents } from "@faultline/protocol";

/** How bytes travel. */
export interface MemoryLinkOptions {
  readonly clock: Clock;
  readonly kind: "stream" | "datagram";
  /** One way, in microseconds. */
  readonly latencyUs: number;
  /** Streams are cut into pieces of at most this size. */
  readonly segmentBytes: number;
  /** More than this on its way, and `send` returns false. */
  readonly queueBytesMax: number;
  /** Sees every piece before it travels; what it returns arrives instead. */
  meddle(bytes: Uint8Array): Uint8Array | readonly Uint8Array[] | undefined;
}

/** Bytes, an end of stream, or a reset on their way. */
type Parcel = Uint8Array | "fin" | "rst";

/** A parcel that has arrived; `read` tells the sender that its owner has it. */
interface Arrival {
  readonly parcel: Uint8Array | "fin";
  readonly read: () => void;
}

/** What an overwritten byte looks like, when somebody kept a view. */
const SCRIBBLE = 0xee;

/** One of two ends; `MemoryNetwork` makes and joins them. */
export class MemoryLink implements Link {
  readonly kind: "stream" | "datagram";
  readonly remote: string;
  local = "";
  peer: MemoryLink | undefined;
  /** Finds a peer for a datagram that has none: the listener, if there is one. */
  meet: (() => MemoryLink | undefined) | undefined;
  readonly #options: MemoryLinkOptions;
  readonly #address: string;
  #events: LinkEvents | undefined;
  #open = false;
  #ended = false;
  #finSent = false;
  #finReceived = false;
  #closing = false;
  #paused = false;
  #full = false;
  #bytesInFlight = 0;
  /** Sent before the link was open. */
  readonly #early: Parcel[] = [];
  readonly #inbox: Arrival[] = [];

  constructor(address: string, remote: string, options: MemoryLinkOptions) {
    this.kind = options.kind;
    this.remote = remote;
    this.#address = address;
    this.#options = options;
  }

  /** Whether the link is over, even if its owner is only about to be told. */
  get isOver(): boolean {
    return this.#closing;
  }

  /** Gives the link its owner; nothing is told before. */
  own(events: LinkEvents): void {
    this.#events = events;
  }

  /** Tells the owner that the link is open, and lets go what was sent before. */
  open(): void {
    if (this.#closing || this.#open) return;
    this.#open = true;
    this.local = this.#address;
    for (const parcel of this.#early.splice(0)) this.#travel(parcel);
    this.#events?.onOpen();
    this.#deliver();
  }

  /** Ends the link. Its owner is told in an event of its own. */
  fail(error: LinkError | undefined): void {
    if (this.#closing) return;
    this.#closing = true;
    for (const arrival of this.#inbox.splice(0)) arrival.read();
    this.#soon(() => this.#events?.onClose(error));
  }

  send(bytes: Uint8Array): boolean {
    if (this.#ended) throw new Error("Cannot send on a link after its end() was called.");
    if (this.#closing) return true;
    for (const piece of this.#pieces(bytes)) {
      this.#bytesInFlight += piece.length;
      this.#post(piece);
    }
    this.#full ||= this.#bytesInFlight > this.#options.queueBytesMax;
    return !this.#full;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#soon(() => this.#deliver());
  }

  end(): void {
    if (this.#ended || this.#closing) return;
    this.#ended = true;
    if (this.kind === "datagram") this.fail(undefined);
    else this.#post("fin");
  }

  reset(): void {
    if (this.#closing) return;
    if (this.kind === "stream" && this.peer !== undefined) this.#travel("rst");
    this.fail(undefined);
  }

  /** The peer's parcels arrive, in order. `read` is called once, when the owner has them all. */
  receive(parcels: readonly Parcel[], read: () => void): void {
    if (parcels.includes("rst")) {
      this.fail({ code: "reset", message: "The peer reset the link." });
    }
    const last = parcels.length - 1;
    if (last < 0 || this.#closing) {
      read();
      return;
    }
    for (const [index, parcel] of parcels.entries()) {
      if (parcel !== "rst") this.#inbox.push({ parcel, read: index === last ? read : () => {} });
    }
    this.#deliver();
  }

  #pieces(bytes: Uint8Array): Uint8Array[] {
    if (this.kind === "datagram") return [bytes];
    const size = this.#options.segmentBytes;
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    return pieces;
  }

  #post(parcel: Parcel): void {
    if (this.#open) this.#travel(parcel);
    else this.#early.push(parcel);
  }

  #travel(parcel: Parcel): void {
    const { clock, latencyUs } = this.#options;
    const bytes = typeof parcel === "string" ? 0 : parcel.length;
    const parcels = typeof parcel === "string" ? [parcel] : listOf(this.#options.meddle(parcel));
    clock.setTimer(clock.nowUs() + latencyUs, () => {
      const peer = this.#reach();
      if (peer === undefined) this.#arrived(bytes);
      else peer.receive(parcels, () => this.#arrived(bytes));
      if (parcel === "fin") this.#finSent = true;
      this.#closeIfDone();
    });
  }

  #reach(): MemoryLink | undefined {
    const isLost = this.peer === undefined || (this.kind === "datagram" && this.peer.isOver);
    return isLost && this.meet !== undefined ? this.meet() : this.peer;
  }

  #deliver(): void {
    while (this.#open && !this.#paused && !this.#closing) {
      const arrival = this.#inbox.shift();
      if (arrival === undefined) return;
      this.#hand(arrival.parcel);
      arrival.read();
    }
  }

  #hand(parcel: Uint8Array | "fin"): void {
    if (parcel === "fin") {
      this.#finReceived = true;
      this.#events?.onEnd();
      this.#closeIfDone();
      return;
    }
    const copy = new Uint8Array(parcel);
    this.#events?.onBytes(copy);
    copy.fill(SCRIBBLE);
  }

  #arrived(bytes: number): void {
    this.#bytesInFlight -= bytes;
    if (!this.#full || this.#bytesInFlight > 0) return;
    this.#full = false;
    this.#soon(() => {
      if (!this.#closing) this.#events?.onDrain();
    });
  }

  #closeIfDone(): void {
    if (this.#finSent && this.#finReceived) this.fail(undefined);
  }

  #soon(run: () => void): void {
    const { clock } = this.#options;
    clock.setTimer(clock.nowUs(), run);
  }
}

function listOf(changed: Uint8Array | readonly Uint8Array[] | undefined): readonly Uint8Array[] {
  if (changed === undefined) return [];
  return changed instanceof Uint8Array ? [changed] : changed;
}
