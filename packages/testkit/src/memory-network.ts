/**
 * Two ends joined by memory: a listener, a dialer, and what happens to the bytes between them.
 *
 * For tests of everything that is written against `Dialer` and `Link`. One listener, latency the
 * same for every piece, no loss but what `meddle` does: a wire, not a simulated network.
 */
import type { Clock, Dialer, Link, LinkEvents } from "@faultline/protocol";
import { FakeClock } from "./fake-clock.ts";
import type { MemoryLinkOptions } from "./memory-link.ts";
import { MemoryLink } from "./memory-link.ts";

/** Which piece a `meddle` hook is looking at. */
export interface Meddled {
  /** Who sent it. */
  readonly from: "client" | "server";
  /** n-th connection of the network, from 0. */
  readonly connection: number;
  /** n-th piece of that connection and sender, from 0. */
  readonly piece: number;
}

/** Everything about a memory network, off or neutral by default. */
export interface MemoryNetworkOptions {
  /** @default a `FakeClock` of its own, at `network.clock` */
  readonly clock?: Clock;
  /** @default "stream" */
  readonly kind?: "stream" | "datagram";
  /** One way, in microseconds. @default 0 */
  readonly latencyUs?: number;
  /** Streams are cut into pieces of at most this size. @default Infinity: each send is one piece */
  readonly segmentBytes?: number;
  /** More than this on its way, and `send` returns false. @default 65_536 */
  readonly queueBytesMax?: number;
  /** Drops (undefined), replaces or multiplies a piece. @default passes it on */
  readonly meddle?: (
    bytes: Uint8Array,
    where: Meddled,
  ) => Uint8Array | readonly Uint8Array[] | undefined;
}

/** The two links of one connection. */
export interface MemoryConnection {
  readonly client: MemoryLink;
  readonly server: MemoryLink;
}

/** A wire between one listener and any number of clients. */
export class MemoryNetwork implements Dialer {
  readonly kind: "stream" | "datagram";
  readonly clock: Clock;
  /** Every connection that reached the listener, in order. */
  readonly connections: MemoryConnection[] = [];
  readonly #options: MemoryNetworkOptions;
  #accept: ((link: Link) => LinkEvents) | undefined;
  #dials = 0;

  constructor(options: MemoryNetworkOptions = {}) {
    this.#options = options;
    this.kind = options.kind ?? "stream";
    this.clock = options.clock ?? new FakeClock();
  }

  /** Lets clients in: `accept` is called once for each and returns the owner of its link. */
  listen(accept: (link: Link) => LinkEvents): void {
    this.#accept = accept;
  }

  /** From now on a stream is refused, and a first datagram falls into the void. */
  unlisten(): void {
    this.#accept = undefined;
  }

  dial(events: LinkEvents): Link {
    const connection = this.#dials++;
    const clientAddress = `memory:${connection + 1}`;
    const client = new MemoryLink(clientAddress, "memory:0", this.#wire("client", connection));
    client.own(events);
    if (this.kind === "stream") this.#connect(client, connection);
    else this.#associate(client, connection);
    return client;
  }

  #connect(client: MemoryLink, connection: number): void {
    this.#after(1, () => {
      if (client.isOver) return;
      const server = this.#meet(client, connection);
      this.#after(1, () => {
        if (server !== undefined) client.open();
        else client.fail({ code: "refused", message: "Nobody listens." });
      });
    });
  }

  /** A datagram link is open at once; the listener hears of it with the first datagram. */
  #associate(client: MemoryLink, connection: number): void {
    client.meet = () => this.#meet(client, connection);
    this.#after(0, () => client.open());
  }

  /** The listener's end for this client, opened; undefined where nobody listens. */
  #meet(client: MemoryLink, connection: number): MemoryLink | undefined {
    const accept = this.#accept;
    if (accept === undefined) return undefined;
    const address = `memory:${connection + 1}`;
    const server = new MemoryLink("memory:0", address, this.#wire("server", connection));
    client.peer = server;
    server.peer = client;
    this.connections.push({ client, server });
    server.own(accept(server));
    server.open();
    return server;
  }

  #after(trips: number, run: () => void): void {
    this.clock.setTimer(this.clock.nowUs() + trips * (this.#options.latencyUs ?? 0), run);
  }

  #wire(from: "client" | "server", connection: number): MemoryLinkOptions {
    const {
      latencyUs = 0,
      segmentBytes = Infinity,
      queueBytesMax = 65_536,
      meddle,
    } = this.#options;
    let piece = 0;
    return {
      clock: this.clock,
      kind: this.kind,
      latencyUs,
      segmentBytes,
      queueBytesMax,
      meddle: (bytes) =>
        meddle === undefined ? bytes : meddle(bytes, { from, connection, piece: piece++ }),
    };
  }
}
