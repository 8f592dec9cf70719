/**
 * Where datagrams of one peer come in: to packet connections, or past them.
 *
 *   first datagram ── a packet? ─► connections, each with a link and an owner of its own
 *                  └─ no ────────► the owner of the bare link, for good
 *
 * So a server speaks both, and a peer that sends plain frames pays one call for it. A packet of a
 * connection that is not known here (any more) is answered by a word to that effect, no larger
 * than it was and made from nothing but the packet; only an opening one makes a connection.
 */
import type { Clock, Link, LinkError, LinkEvents } from "../ports.ts";
import { sessionToHex } from "../frame.ts";
import { settingRefusal } from "../settings.ts";
import { PacketConnection } from "./connection.ts";
import { decodePacket } from "./decode.ts";
import { encodeUnknown } from "./encode.ts";
import type { PacketLimits } from "./limits.ts";
import { limitsAbove, packetLimitsOf } from "./limits.ts";
import { PacketLink } from "./link.ts";
import { pathToken } from "./path.ts";
import type { Packet } from "./wire.ts";
import { isPacket, PacketFlag } from "./wire.ts";

/** What a door needs. */
export interface PacketDoorOptions {
  readonly clock: Clock;
  /** What tokens are made with: 16 random bytes or more, the same for every peer. */
  readonly secret: Uint8Array;
  readonly limits?: Partial<PacketLimits>;
  /** Takes a link: of packets, or the bare one. */
  accept(link: Link): LinkEvents;
  /** A message of a packet link was dropped: too large, or too much is queued. */
  onDropped?(): void;
}

const SECRET_BYTES_MIN = 16;

/**
 * Puts a door before everybody who accepts links of datagrams: give what it returns the bare link
 * of each peer, and it returns the owner of that.
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function acceptPackets(options: PacketDoorOptions): (link: Link) => LinkEvents {
  const limits = packetLimitsOf(options.limits);
  const { length } = options.secret;
  if (length < SECRET_BYTES_MIN) {
    const setting = { doing: "accept packets", name: "secret", value: length };
    throw new RangeError(settingRefusal(setting, `of at least ${SECRET_BYTES_MIN} bytes`));
  }
  return (link) => new PacketDoor(link, { ...options, limits });
}

class PacketDoor implements LinkEvents {
  readonly #link: Link;
  readonly #options: PacketDoorOptions & { readonly limits: PacketLimits };
  /** The owner of the bare link, where the peer sends none of ours. */
  #plain: LinkEvents | undefined;
  readonly #links = new Map<string, PacketLink>();

  constructor(link: Link, options: PacketDoorOptions & { readonly limits: PacketLimits }) {
    this.#link = link;
    this.#options = options;
  }

  onOpen(): void {}

  onBytes(bytes: Uint8Array): void {
    if (this.#plain !== undefined) this.#plain.onBytes(bytes);
    else if (isPacket(bytes) || this.#links.size > 0) this.#receive(bytes);
    else {
      this.#plain = this.#options.accept(this.#link);
      this.#plain.onOpen();
      this.#plain.onBytes(bytes);
    }
  }

  onDrain(): void {
    this.#plain?.onDrain();
    for (const link of this.#links.values()) link.drained();
  }

  onEnd(): void {
    this.#plain?.onEnd();
  }

  onClose(error: LinkError | undefined): void {
    this.#plain?.onClose(error);
    for (const link of this.#links.values()) link.fail(error);
  }

  #receive(bytes: Uint8Array): void {
    const packet = decodePacket(bytes);
    const isForUs = packet !== undefined && (packet.flags & PacketFlag.answer) === 0;
    if (isForUs) this.#find(packet, bytes)?.receive(packet, bytes.length);
    // Nobody here: the peer shall not hold a place.
    if (this.#links.size === 0) this.#link.end();
  }

  #find(packet: Packet, bytes: Uint8Array): PacketLink | undefined {
    const key = sessionToHex(packet.connection);
    const link = this.#links.get(key);
    if (link !== undefined) return link;
    if ((packet.flags & PacketFlag.opening) === 0) {
      this.#link.send(encodeUnknown(bytes));
      return undefined;
    }
    if (this.#links.size >= this.#options.limits.connectionsPerPeerMax) return undefined;
    return this.#open(packet, key);
  }

  #open({ connection }: Packet, key: string): PacketLink | undefined {
    const { accept, clock, secret } = this.#options;
    const limits = limitsAbove(this.#options.limits, this.#link);
    const token = pathToken(secret, this.#link.remote, connection);
    const core = new PacketConnection({ connection, limits, token, nowUs: clock.nowUs() });
    const link = new PacketLink({
      clock,
      connection: core,
      lower: () => this.#link,
      dropped: () => this.#options.onDropped?.(),
      over: () => this.#forget(key),
    });
    this.#links.set(key, link);
    const events = accept(link);
    link.own(events);
    // Turned away at once.
    if (!this.#links.has(key)) return undefined;
    events.onOpen();
    return link;
  }

  /** The peer itself is forgotten with its last connection. */
  #forget(key: string): void {
    this.#links.delete(key);
    if (this.#links.size === 0) this.#link.end();
  }
}
