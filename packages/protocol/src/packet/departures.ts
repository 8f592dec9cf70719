/**
 * What leaves one end: which datagram is next, and what it holds.
 *
 *   outbox, acks due, tokens, ping, close ─► [window, pace, path] ─► one packet after the other
 *
 * Every call of `next` builds one packet with a number of its own, so what is repeated is always
 * the content and never the packet (RFC 9000 section 13.3).
 */
import type { SessionId } from "../frame.ts";
import type { Acknowledger } from "./acknowledger.ts";
import { ackBytesOf, PacketWriter } from "./encode.ts";
import type { PacketLimits } from "./limits.ts";
import type { OutboundFragment, Outbox } from "./outbox.ts";
import type { PathGuard } from "./path.ts";
import type { Recovery } from "./recovery.ts";
import type { SentPacket } from "./sent.ts";
import type { PacketStats } from "./stats.ts";
import type { Ack } from "./wire.ts";
import { PACKET_OVERHEAD_BYTES, PacketFlag, PartBytes } from "./wire.ts";

/** What packets are made from, shared with the connection. */
export interface DepartureParts {
  readonly connection: SessionId;
  readonly limits: PacketLimits;
  readonly outbox: Outbox;
  readonly acknowledger: Acknowledger;
  readonly recovery: Recovery;
  /** Of who was dialled. */
  readonly path: PathGuard | undefined;
  readonly counts: PacketStats;
}

/** What a packet is made of. */
interface Load {
  readonly fragment: OutboundFragment | undefined;
  readonly ack: Ack | undefined;
  readonly isAckDue: boolean;
  readonly bytesMax: number;
}

/** Every packet may hold an ack, a token and two words, and must be able to where that is all. */
const PACKET_BYTES_MIN = PACKET_OVERHEAD_BYTES + PartBytes.ack + PartBytes.token + 2;

/** @see module */
export class Departures {
  readonly #parts: DepartureParts;
  readonly #writer: PacketWriter;
  /** Number of the next packet. */
  number = 0;
  isPingDue = false;
  isCloseDue = false;
  /** Nothing has been heard yet. */
  isOpening = true;
  /** The path allows nothing more until something is heard. */
  isMuted = false;
  /** The token to give back; undefined: none was asked for. */
  #response: SessionId | undefined;
  #isResponseDue = false;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
    this.#writer = new PacketWriter(parts.limits.datagramBytesMax);
  }

  /** The peer asks for a token back. Once given, it is asked for until that has arrived. */
  challenged(token: SessionId): void {
    const known = this.#response;
    if (known?.high === token.high && known.low === token.low) return;
    this.#response = token;
    this.#isResponseDue = true;
  }

  /** What a packet held is to be sent again. */
  repeat({ fragments, response }: SentPacket): void {
    for (const fragment of fragments) this.#parts.outbox.repeat(fragment);
    if (response !== undefined) this.#isResponseDue = true;
  }

  /** The next datagram that may leave; undefined: nothing, for now. */
  next(nowUs: number): Uint8Array | undefined {
    const { acknowledger, limits, outbox, path, recovery } = this.#parts;
    const bytesMax = Math.min(limits.datagramBytesMax, path?.allowanceBytes ?? Infinity);
    this.isMuted = bytesMax < PACKET_BYTES_MIN;
    if (this.isMuted) return undefined;
    const ack = acknowledger.take(nowUs);
    const fragment = outbox.peek();
    const bytes = fragment === undefined ? 0 : this.#bytesWith(fragment, ack);
    // Too large for the path, so far: an ack tells the peer what to prove.
    const isHeldUp = bytes > bytesMax;
    const mayLeave = fragment !== undefined && !isHeldUp && recovery.allows(bytes, nowUs);
    if (fragment === undefined || isHeldUp) recovery.rest();
    const isAckDue = acknowledger.dueUs <= nowUs || isHeldUp;
    const hasWord = this.isPingDue || this.#isResponseDue || this.isCloseDue;
    if (!mayLeave && !hasWord && !(isAckDue && ack !== undefined)) return undefined;
    const first = mayLeave ? fragment : undefined;
    return this.#write({ fragment: first, ack, isAckDue, bytesMax }, nowUs);
  }

  #write({ fragment, ack, isAckDue, bytesMax }: Load, nowUs: number): Uint8Array {
    const { acknowledger, connection, counts, path, recovery } = this.#parts;
    const writer = this.#writer;
    const number = this.number++;
    const response = this.#isResponseDue ? this.#response : undefined;
    const asks = this.isPingDue || response !== undefined;
    writer.begin({ flags: this.#flags, connection, number }, bytesMax);
    this.#putWords(response);
    let told = -1;
    let next = fragment;
    if (ack !== undefined) {
      const needed = next === undefined ? 0 : this.#sizeOf(next);
      const fits = ackBytesOf(ack) + needed <= writer.room;
      // Rather a packet for the ack alone than one that keeps ranges to itself.
      if (!fits && isAckDue) next = undefined;
      if (fits || isAckDue) {
        writer.putAck(ack);
        told = acknowledger.told();
      }
    }
    const fragments = this.#putFragments(next, nowUs);
    const datagram = writer.finish();
    const { length: bytes } = datagram;
    if (fragments.length > 0 || asks) {
      const packet = { number, sentUs: nowUs, bytes, fragments, told, response };
      if (recovery.left(packet)) counts.probes++;
    }
    path?.sent(bytes);
    counts.datagramsSent++;
    counts.bytesSent += bytes;
    return datagram;
  }

  get #flags(): number {
    if (this.#parts.path !== undefined) return PacketFlag.answer;
    return this.isOpening ? PacketFlag.opening : 0;
  }

  /** All but acks and fragments. */
  #putWords(response: SessionId | undefined): void {
    const writer = this.#writer;
    const { path } = this.#parts;
    if (path?.isValidated === false) writer.putToken("challenge", path.token);
    if (response !== undefined) writer.putToken("response", response);
    if (this.isPingDue) writer.putPing();
    if (this.isCloseDue) writer.putClose();
    this.#isResponseDue = this.isPingDue = this.isCloseDue = false;
  }

  /** One fragment, and those behind it as far as they fit: small messages share a packet. */
  #putFragments(first: OutboundFragment | undefined, nowUs: number): OutboundFragment[] {
    if (first === undefined) return [];
    const { outbox, recovery } = this.#parts;
    const writer = this.#writer;
    const fragments: OutboundFragment[] = [];
    let next: OutboundFragment | undefined = first;
    while (next !== undefined) {
      const size = this.#sizeOf(next);
      if (size > writer.room) break;
      if (next !== first && !recovery.allows(writer.size + size, nowUs)) break;
      const { message, index } = next;
      const { number, count } = message;
      writer.putFragment({ message: number, index, count, bytes: outbox.bytesOf(next) });
      outbox.take(next);
      fragments.push(next);
      next = outbox.peek();
    }
    return fragments;
  }

  #sizeOf(fragment: OutboundFragment): number {
    return PartBytes.fragment + this.#parts.outbox.bytesOf(fragment).length;
  }

  /** What a packet with this fragment, and with what goes along where it fits, may take. */
  #bytesWith(fragment: OutboundFragment, ack: Ack | undefined): number {
    const { limits, path } = this.#parts;
    const hasToken = path?.isValidated === false || this.#isResponseDue;
    const token = hasToken ? PartBytes.token : 0;
    const bytes = PACKET_OVERHEAD_BYTES + token + this.#sizeOf(fragment);
    const ackBytes = ack === undefined ? 0 : ackBytesOf(ack);
    return Math.min(bytes + ackBytes, limits.datagramBytesMax);
  }
}
