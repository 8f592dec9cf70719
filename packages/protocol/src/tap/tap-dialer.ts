/**
 * A dialer whose links tell a tap what they carry: the decorator next to the socket.
 *
 *   client -> (packets, seal) -> tapDialer -> socket or simulated wire
 *
 * It changes nothing on the way. What was sent is told before it is sent and what came before its
 * owner hears of it, so that the order told is the order in which things were caused. A dial that
 * fails is not told: it has no address of its own.
 */
import type { Clock, Dialer, Link, LinkError, LinkEvents } from "../ports.ts";
import type { WireTap, WireWatcher } from "./tap.ts";

/** Whom to tell, and by which clock. */
export interface TapOptions {
  readonly tap: WireTap;
  readonly clock: Pick<Clock, "nowUs">;
}

/** The same dialer, its links tapped. */
export function tapDialer(dialer: Dialer, options: TapOptions): Dialer {
  return {
    kind: dialer.kind,
    dial(events) {
      const tapped = new TappedLink(events, options);
      tapped.link = dialer.dial(tapped);
      return tapped;
    },
  };
}

/** Stands between a link and its owner, for both. */
class TappedLink implements Link, LinkEvents {
  link!: Link;
  readonly #events: LinkEvents;
  readonly #tap: WireTap;
  readonly #clock: TapOptions["clock"];
  readonly #startedUs: number;
  /** Undefined before the link is open, and after its end. */
  #watcher: WireWatcher | undefined;
  #isOver = false;
  /** What was handed to a link that is not open yet. */
  #early: Uint8Array[] | undefined;
  #hasEnded = false;
  #peerHasEnded = false;

  constructor(events: LinkEvents, { tap, clock }: TapOptions) {
    this.#events = events;
    this.#tap = tap;
    this.#clock = clock;
    this.#startedUs = clock.nowUs();
  }

  get kind(): "stream" | "datagram" {
    return this.link.kind;
  }

  get remote(): string {
    return this.link.remote;
  }

  get local(): string {
    return this.link.local;
  }

  send(bytes: Uint8Array): boolean {
    if (this.#watcher !== undefined) this.#watcher.sent(bytes, this.#clock.nowUs());
    // What waits inside the link for its opening is on the wire from then on.
    else if (!this.#isOver) (this.#early ??= []).push(bytes);
    return this.link.send(bytes);
  }

  pause(): void {
    this.link.pause();
  }

  resume(): void {
    this.link.resume();
  }

  end(): void {
    if (this.kind === "stream" && !this.#hasEnded) {
      this.#hasEnded = true;
      this.#watcher?.ended("local", this.#clock.nowUs());
    }
    this.link.end();
  }

  reset(): void {
    this.#drop("local");
    this.link.reset();
  }

  onOpen(): void {
    if (!this.#isOver) {
      const { kind, local, remote } = this.link;
      const openedUs = this.#clock.nowUs();
      const startedUs = this.#startedUs;
      const wire = { kind, local, remote, dialled: true, startedUs, openedUs };
      const watcher = this.#tap.open(wire);
      for (const bytes of this.#early ?? []) watcher.sent(bytes, openedUs);
      this.#early = undefined;
      this.#watcher = watcher;
    }
    this.#events.onOpen();
  }

  onBytes(bytes: Uint8Array): void {
    this.#watcher?.received(bytes, this.#clock.nowUs());
    this.#events.onBytes(bytes);
  }

  onDrain(): void {
    this.#events.onDrain();
  }

  onEnd(): void {
    this.#peerHasEnded = true;
    this.#watcher?.ended("remote", this.#clock.nowUs());
    this.#events.onEnd();
  }

  onClose(error: LinkError | undefined): void {
    // Both ends have said so, or a reset was told: there is nothing to add.
    if (!this.#hasEnded || !this.#peerHasEnded)
      this.#drop(error === undefined ? "local" : "remote");
    this.#isOver = true;
    this.#watcher = undefined;
    this.#events.onClose(error);
  }

  #drop(by: "local" | "remote"): void {
    const watcher = this.#watcher;
    this.#isOver = true;
    this.#watcher = undefined;
    this.#early = undefined;
    if (this.kind === "stream") watcher?.reset(by, this.#clock.nowUs());
  }
}
