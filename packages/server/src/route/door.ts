/**
 * Where links come in when there are several workers: to the core here, or to the one their session
 * is at home on.
 *
 *   first 40 bytes of a stream ─► header sound? ─► session ─► home
 *
 * A stream belongs to the core here until its first header is whole (so that slow and idle ones
 * are timed out as ever), then to its home for good. A datagram peer has one leg for each home its
 * datagrams ask for, since each stands for itself. What has no sound header stays here and is
 * refused by name.
 */
import type { Link, LinkError, LinkEvents } from "@faultline/protocol";
import { FRAME_HEADER_BYTES } from "@faultline/protocol";
import { homeOf, peekSession } from "./home.ts";

/** The workers as one of them sees them. */
export interface Neighbours {
  /** Which one this is. */
  readonly index: number;
  readonly workers: number;
  /** The core here. */
  accept(link: Link): LinkEvents;
  /** Takes a link that has done nothing yet back from the core here. */
  release(events: LinkEvents, home: number): void;
  /** Does something after the current event: an owner is never called from within its own call. */
  defer(run: () => void): void;
  /** Passes a link on; undefined while that worker is away. */
  relay(link: Link, home: number): LinkEvents | undefined;
}

/** The owner of a link that comes in. */
export function enter(link: Link, neighbours: Neighbours): LinkEvents {
  if (link.kind === "datagram") return new DatagramDoor(link, neighbours);
  return new StreamDoor(link, neighbours);
}

const EMPTY = new Uint8Array(0);

class StreamDoor implements LinkEvents {
  readonly #link: Link;
  readonly #neighbours: Neighbours;
  #owner: LinkEvents;
  /** The bytes so far, while they are fewer than a header; undefined once the home is known. */
  #head: Uint8Array | undefined = EMPTY;

  constructor(link: Link, neighbours: Neighbours) {
    this.#link = link;
    this.#neighbours = neighbours;
    this.#owner = neighbours.accept(link);
  }

  onOpen(): void {
    this.#owner.onOpen();
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#head !== undefined) this.#decide(bytes);
    this.#owner.onBytes(bytes);
  }

  onDrain(): void {
    this.#owner.onDrain();
  }

  onEnd(): void {
    this.#owner.onEnd();
  }

  onClose(error: LinkError | undefined): void {
    this.#owner.onClose(error);
  }

  #decide(bytes: Uint8Array): void {
    const before = this.#head ?? EMPTY;
    const head = join(before, bytes.subarray(0, FRAME_HEADER_BYTES - before.length));
    this.#head = head.length < FRAME_HEADER_BYTES ? head : undefined;
    if (this.#head !== undefined) return;
    const { index, workers } = this.#neighbours;
    const session = peekSession(head);
    const home = session === undefined ? index : homeOf(session, workers);
    if (home === index) return;
    this.#neighbours.release(this.#owner, home);
    const leg = this.#neighbours.relay(this.#link, home);
    if (leg === undefined) {
      this.#owner = INERT;
      this.#link.reset();
      return;
    }
    this.#owner = leg;
    if (before.length > 0) leg.onBytes(before);
  }
}

class DatagramDoor implements LinkEvents {
  readonly #link: Link;
  readonly #neighbours: Neighbours;
  readonly #legs = new Map<number, LinkEvents>();

  constructor(link: Link, neighbours: Neighbours) {
    this.#link = link;
    this.#neighbours = neighbours;
  }

  onOpen(): void {}

  onBytes(bytes: Uint8Array): void {
    const { index, workers } = this.#neighbours;
    const session = peekSession(bytes);
    const home = session === undefined ? index : homeOf(session, workers);
    (this.#legs.get(home) ?? this.#openLeg(home))?.onBytes(bytes);
  }

  onDrain(): void {}
  onEnd(): void {}

  onClose(error: LinkError | undefined): void {
    for (const leg of this.#legs.values()) leg.onClose(error);
    this.#legs.clear();
  }

  #openLeg(home: number): LinkEvents | undefined {
    const neighbours = this.#neighbours;
    const face = new LegLink(this.#link, () => this.#closeLeg(home));
    const isHere = home === neighbours.index;
    const leg = isHere ? neighbours.accept(face) : neighbours.relay(face, home);
    if (leg !== undefined && !face.isOver) {
      this.#legs.set(home, leg);
      leg.onOpen();
      return leg;
    }
    // Turned away: the peer shall not hold a place.
    if (this.#legs.size === 0) this.#link.end();
    return undefined;
  }

  /** The peer itself is forgotten with its last leg. */
  #closeLeg(home: number): void {
    const leg = this.#legs.get(home);
    if (leg === undefined) return;
    this.#legs.delete(home);
    this.#neighbours.defer(() => leg.onClose(undefined));
    if (this.#legs.size === 0) this.#link.end();
  }
}

/** A datagram link as one of several owners sees it: ending it ends that owner's part only. */
class LegLink implements Link {
  readonly kind = "datagram";
  isOver = false;
  readonly #link: Link;
  readonly #onOver: () => void;

  constructor(link: Link, onOver: () => void) {
    this.#link = link;
    this.#onOver = onOver;
  }

  get remote(): string {
    return this.#link.remote;
  }

  get local(): string {
    return this.#link.local;
  }

  get messageBytesMax(): number | undefined {
    return this.#link.messageBytesMax;
  }

  get peerKey(): string | undefined {
    return this.#link.peerKey;
  }

  send(bytes: Uint8Array): boolean {
    return this.isOver || this.#link.send(bytes);
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#onOver();
  }

  reset(): void {
    this.end();
  }
}

/** Owns a link that is being reset. */
const INERT: LinkEvents = { onOpen() {}, onBytes() {}, onDrain() {}, onEnd() {}, onClose() {} };

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
