/**
 * One end of a packet connection, without a socket and without a clock: datagrams, messages and
 * `now` go in, datagrams and messages come out.
 *
 *   send ─► outbox ─► departures ─► datagram      receive ─► assembly ─► messages
 *                          ▲                         │
 *          window, pace, path, acks due ◄── acks, losses, tokens
 *
 * Messages are whole and come in any order, so a lost datagram holds up only what was in it. The
 * owner calls `next` until it gives nothing after every other call, and `due` at `dueUs`.
 */
import type { SessionId } from "../frame.ts";
import type { RttEstimate } from "../rtt.ts";
import { Acknowledger } from "./acknowledger.ts";
import { Assembly } from "./assembly.ts";
import { Departures } from "./departures.ts";
import type { PacketLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { PathGuard } from "./path.ts";
import { Recovery } from "./recovery.ts";
import type { SentPacket } from "./sent.ts";
import type { PacketStats } from "./stats.ts";
import { zeroStats } from "./stats.ts";
import { Vigil } from "./vigil.ts";
import type { Ack, Packet } from "./wire.ts";
import { PacketFlag } from "./wire.ts";

/** What an end is made of. */
export interface PacketConnectionOptions {
  readonly connection: SessionId;
  /** Complete and checked: see `packetLimitsOf`. */
  readonly limits: PacketLimits;
  readonly nowUs: number;
  /** Of who was dialled: what the peer must send back. Left out by who dials. */
  readonly token?: SessionId;
}

/** Why a connection is over: by agreement, not known to the peer, not heard of any more. */
export type PacketEnd = "closed" | "unknown" | "silent";

/** What goes with a packet that comes in: its size, and what its owner holds of earlier messages. */
export interface Arrival {
  readonly bytes: number;
  readonly heldBytes: number;
  readonly nowUs: number;
}

const NO_MESSAGES: readonly Uint8Array[] = [];

/** @see module */
export class PacketConnection {
  readonly connection: SessionId;
  /** Largest message that it carries. */
  readonly messageBytesMax: number;
  /** Why it is over; undefined while it is not. */
  end: PacketEnd | undefined;
  readonly #counts = zeroStats();
  readonly #path: PathGuard | undefined;
  readonly #outbox: Outbox;
  readonly #assembly: Assembly;
  readonly #acknowledger: Acknowledger;
  readonly #recovery: Recovery;
  readonly #departures: Departures;
  readonly #vigil: Vigil;
  #isClosing = false;

  constructor({ connection, limits, nowUs, token }: PacketConnectionOptions) {
    const outbox = new Outbox(limits);
    const acknowledger = new Acknowledger(Math.round(limits.ackDelayMs * 1000));
    const recovery = new Recovery(limits);
    const path = token === undefined ? undefined : new PathGuard(token);
    const shared = { connection, limits, outbox, acknowledger, recovery, path };
    this.connection = connection;
    this.messageBytesMax = limits.messageBytesMax;
    this.#path = path;
    this.#outbox = outbox;
    this.#assembly = new Assembly(limits);
    this.#acknowledger = acknowledger;
    this.#recovery = recovery;
    this.#departures = new Departures({ ...shared, counts: this.#counts });
    this.#vigil = new Vigil(limits, path === undefined, nowUs);
  }

  /** Whether `send` would drop a message. */
  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  /** Whether everything that was sent has been acknowledged. */
  get isIdle(): boolean {
    return this.#outbox.size === 0;
  }

  /** Whether the peer's address is believed; who dials believes it always. */
  get isValidated(): boolean {
    return this.#path?.isValidated ?? true;
  }

  /** Bytes on their way that ask for an ack. */
  get inFlightBytes(): number {
    return this.#recovery.inFlightBytes;
  }

  /** Bytes that may be on their way. */
  get windowBytes(): number {
    return this.#recovery.windowBytes;
  }

  get rtt(): RttEstimate {
    return this.#recovery.rtt;
  }

  /** What was counted so far. */
  get stats(): PacketStats {
    return { ...this.#counts, fragmentsRepeated: this.#outbox.repeats };
  }

  /** When `due` is to be called; Infinity: never. */
  get dueUs(): number {
    if (this.end !== undefined) return Infinity;
    const { isMuted } = this.#departures;
    return Math.min(
      isMuted ? Infinity : this.#acknowledger.dueUs,
      this.#vigil.silentUs,
      this.#vigil.pingUs,
      this.#recovery.dueUs(!isMuted),
      this.#recovery.paceUs,
      this.#outbox.expiresUs,
      this.#assembly.expiresUs,
    );
  }

  /** Takes a message, which must not be written to again. @returns false where it is dropped */
  send(message: Uint8Array, nowUs: number): boolean {
    const isTaken = this.#outbox.push(message, nowUs);
    if (!isTaken) this.#counts.messagesDropped++;
    return isTaken;
  }

  /** Ends it with the next packet. */
  close(): void {
    this.#isClosing = true;
    this.#departures.isCloseDue = true;
  }

  /**
   * Takes a sound packet.
   *
   * @returns the messages that became whole, each once; one of a single fragment is a view into it.
   *   Undefined where the packet was made up, or comes again: nothing has changed
   */
  receive(packet: Packet, { bytes, heldBytes, nowUs }: Arrival): readonly Uint8Array[] | undefined {
    if (!this.#accepts(packet)) {
      this.#counts.datagramsRefused++;
      return undefined;
    }
    if ((packet.flags & PacketFlag.unknown) !== 0) {
      this.end = "unknown";
      return NO_MESSAGES;
    }
    const { ack, fragments, ping, challenge, response } = packet;
    this.#vigil.heard(nowUs);
    if (!this.#assembly.fits(fragments, heldBytes)) {
      // As if it had been lost, but for what it acknowledges: that makes room.
      this.#counts.datagramsRefused++;
      if (ack !== undefined) this.#acknowledged(ack, nowUs);
      return NO_MESSAGES;
    }
    this.#counts.datagramsReceived++;
    this.#counts.bytesReceived += bytes;
    this.#departures.isOpening = this.#departures.isMuted = false;
    this.#path?.received(bytes);
    if (response !== undefined) this.#path?.answered(response);
    const asks = ping || fragments.length > 0 || response !== undefined;
    this.#acknowledger.came(packet.number, asks, nowUs);
    if (challenge !== undefined) this.#departures.challenged(challenge);
    if (ack !== undefined) this.#acknowledged(ack, nowUs);
    if (packet.close) this.end = "closed";
    const messages: Uint8Array[] = [];
    for (const part of fragments) {
      const message = this.#assembly.add(part, nowUs);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  /** Time has passed. */
  due(nowUs: number): void {
    if (this.end !== undefined) return;
    if (nowUs >= this.#vigil.silentUs) {
      this.end = "silent";
      return;
    }
    const departures = this.#departures;
    this.#outbox.expire(nowUs);
    this.#assembly.expire(nowUs);
    if (nowUs >= this.#vigil.pingUs) {
      departures.isPingDue = true;
      this.#vigil.asked(nowUs);
    }
    this.#lost(this.#recovery.due(nowUs, !departures.isMuted));
    if (this.#recovery.probes === 0) return;
    for (const packet of this.#recovery.overdue) departures.repeat(packet);
    if (this.#outbox.peek() === undefined) departures.isPingDue = true;
  }

  /** The next datagram that may leave; undefined: nothing, for now. */
  next(nowUs: number): Uint8Array | undefined {
    if (this.end !== undefined) return undefined;
    const datagram = this.#departures.next(nowUs);
    if (this.#isClosing) this.end = "closed";
    return datagram;
  }

  #accepts({ ack, connection, flags, number }: Packet): boolean {
    const { high, low } = this.connection;
    const isOfPeer = ((flags & PacketFlag.answer) !== 0) === (this.#path === undefined);
    if (this.end !== undefined || !isOfPeer) return false;
    if (connection.high !== high || connection.low !== low) return false;
    if ((flags & PacketFlag.unknown) !== 0) return true;
    if (this.#acknowledger.has(number)) return false;
    // An ack for what was never sent was made up.
    return ack === undefined || ack.ranges[0]!.high < this.#departures.number;
  }

  #acknowledged(ack: Ack, nowUs: number): void {
    const isWaiting = this.#outbox.peek() !== undefined;
    const { acknowledged, lost } = this.#recovery.heard(ack, nowUs, isWaiting);
    for (const { fragments, told } of acknowledged) {
      for (const fragment of fragments) this.#outbox.acknowledged(fragment);
      if (told >= 0) this.#acknowledger.settle(told);
    }
    this.#lost(lost);
  }

  #lost(packets: readonly SentPacket[]): void {
    this.#counts.packetsLost += packets.length;
    for (const packet of packets) this.#departures.repeat(packet);
  }
}
