/**
 * TLS on the simulated network: what it costs, not what it hides.
 *
 *   client ── hello, 517 bytes ──► server
 *   client ◄─ flight, 1250 bytes ─ server        one round trip more than TCP alone
 *   client ── finished, 74 bytes, and data ──►
 *
 * Nothing is encrypted, since nobody can listen there: the bytes of the handshake are zeros of the
 * sizes that two ends of ours exchange (one certificate on P-256), and travel as any others, so they
 * are lost, delayed and repeated like them. The 22 bytes of each record are left out. A session is
 * never taken up again, as where a runtime cannot.
 */
import type { Dialer, Link, LinkError, LinkEvents } from "@faultline/protocol";

const HELLO_BYTES = 517;
const FLIGHT_BYTES = 1250;
const FINISHED_BYTES = 74;

/** The same dialer, each of its links open one round trip later. */
export function handshakeDialer(dialer: Dialer): Dialer {
  return {
    kind: dialer.kind,
    dial(events) {
      const ours = new ClientHandshake(events);
      ours.link = dialer.dial(ours);
      return ours.link;
    },
  };
}

/** Accepts links whose handshake is over. */
export function acceptHandshakes(accept: (link: Link) => LinkEvents): (link: Link) => LinkEvents {
  return (link) => new ServerHandshake(link, accept);
}

/** Passes events on once the other end has said so many bytes. */
abstract class Handshake implements LinkEvents {
  protected owner: LinkEvents | undefined;
  #missing: number;

  constructor(missing: number) {
    this.#missing = missing;
  }

  abstract onOpen(): void;

  /** All bytes that were missing have come. */
  protected abstract heard(): void;

  protected wait(bytes: number): void {
    this.#missing = bytes;
  }

  onBytes(bytes: Uint8Array): void {
    let rest = bytes;
    while (this.#missing > 0 && rest.length > 0) {
      const taken = Math.min(this.#missing, rest.length);
      rest = rest.subarray(taken);
      this.#missing -= taken;
      if (this.#missing === 0) this.heard();
    }
    if (rest.length > 0) this.owner?.onBytes(rest);
  }

  onDrain(): void {
    if (this.#missing === 0) this.owner?.onDrain();
  }

  onEnd(): void {
    if (this.#missing === 0) this.owner?.onEnd();
  }

  abstract onClose(error: LinkError | undefined): void;
}

class ClientHandshake extends Handshake {
  link!: Link;
  readonly #events: LinkEvents;

  constructor(events: LinkEvents) {
    super(FLIGHT_BYTES);
    this.#events = events;
  }

  onOpen(): void {
    this.link.send(new Uint8Array(HELLO_BYTES));
  }

  onClose(error: LinkError | undefined): void {
    this.#events.onClose(error);
  }

  protected heard(): void {
    this.link.send(new Uint8Array(FINISHED_BYTES));
    this.owner = this.#events;
    this.owner.onOpen();
  }
}

class ServerHandshake extends Handshake {
  readonly #link: Link;
  readonly #accept: (link: Link) => LinkEvents;
  #isAnswered = false;

  constructor(link: Link, accept: (link: Link) => LinkEvents) {
    super(HELLO_BYTES);
    this.#link = link;
    this.#accept = accept;
  }

  onOpen(): void {}

  onClose(error: LinkError | undefined): void {
    this.owner?.onClose(error);
  }

  protected heard(): void {
    if (!this.#isAnswered) {
      this.#isAnswered = true;
      this.wait(FINISHED_BYTES);
      this.#link.send(new Uint8Array(FLIGHT_BYTES));
      return;
    }
    this.owner = this.#accept(this.#link);
    this.owner.onOpen();
  }
}
