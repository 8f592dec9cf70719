/**
 * Packets on their way, and which of them are lost (RFC 9002 sections 5.1, 6 and 7.6).
 *
 *   add ─► [on its way] ─► acknowledged
 *              │
 *              └─► lost: three packets sent later came through, or 9/8 of a round trip has passed
 *                        since one did
 *
 * A number is used once, so an ack always says which sending it means. A timeout alone is no proof
 * of loss: it only makes the sender probe.
 */
import type { SessionId } from "../frame.ts";
import type { RttEstimate } from "../rtt.ts";
import type { OutboundFragment } from "./outbox.ts";
import type { NumberRange } from "./wire.ts";

/** A packet this much older than one that came through is lost (RFC 9002 section 6.1.1). */
export const REORDER_PACKETS = 3;
/** No timer is finer (RFC 9002 section 6.1.2). */
const GRANULARITY_US = 1000;
/** Round trips without anything coming through after which the window collapses. */
const PERSISTENT_PROBES = 3;

/** What was sent in one packet that asks to be acknowledged. */
export interface SentPacket {
  readonly number: number;
  readonly sentUs: number;
  readonly bytes: number;
  readonly fragments: readonly OutboundFragment[];
  /** The largest number that it acknowledged; -1: none. */
  readonly told: number;
  /** The token it gave back. */
  readonly response: SessionId | undefined;
}

/** @see module */
export class SentPackets {
  readonly #packets = new Map<number, SentPacket>();
  #bytes = 0;
  #largestAcknowledged = -1;
  /** When the next packet counts as lost, if nothing is heard; Infinity: none is suspected. */
  lossUs: number = Infinity;
  /** When the last of them left. */
  lastSentUs = 0;

  /** Bytes on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#packets.size;
  }

  /** Those that have waited longest. */
  oldest(count: number): SentPacket[] {
    const found: SentPacket[] = [];
    for (const packet of this.#packets.values()) {
      if (found.push(packet) >= count) break;
    }
    return found;
  }

  add(packet: SentPacket): void {
    this.#packets.set(packet.number, packet);
    this.#bytes += packet.bytes;
    this.lastSentUs = packet.sentUs;
  }

  /** Takes out what the peer has, in the order of sending. */
  acknowledge(ranges: readonly NumberRange[]): SentPacket[] {
    const largest = ranges[0]!.high;
    this.#largestAcknowledged = Math.max(this.#largestAcknowledged, largest);
    const found: SentPacket[] = [];
    let at = ranges.length - 1;
    for (const packet of this.#packets.values()) {
      if (packet.number > largest) break;
      while (at > 0 && ranges[at]!.high < packet.number) at--;
      if (packet.number >= ranges[at]!.low && packet.number <= ranges[at]!.high) found.push(packet);
    }
    for (const packet of found) this.#remove(packet);
    return found;
  }

  /** Takes out what is lost by now, in the order of sending. */
  lose(nowUs: number, rtt: RttEstimate): SentPacket[] {
    const tripUs = Math.max(rtt.smoothedUs, rtt.latestUs);
    const delayUs = Math.max(Math.ceil((tripUs * 9) / 8), GRANULARITY_US);
    const found: SentPacket[] = [];
    this.lossUs = Infinity;
    for (const packet of this.#packets.values()) {
      if (packet.number > this.#largestAcknowledged) break;
      const isOvertaken = this.#largestAcknowledged - packet.number >= REORDER_PACKETS;
      const lateUs = packet.sentUs + delayUs;
      if (isOvertaken || lateUs <= nowUs) found.push(packet);
      else this.lossUs = Math.min(this.lossUs, lateUs);
    }
    for (const packet of found) this.#remove(packet);
    return found;
  }

  #remove(packet: SentPacket): void {
    this.#packets.delete(packet.number);
    this.#bytes -= packet.bytes;
  }
}

/**
 * Whether packets lost in one go say that the path was dead for a while: first and last of a run
 * without a gap left so far apart.
 *
 * @param firstSampleUs when the round trip was first known: what left before proves nothing
 */
export function isPersistent(
  lost: readonly SentPacket[],
  rtt: RttEstimate,
  firstSampleUs: number,
): boolean {
  const spanUs = PERSISTENT_PROBES * rtt.timeoutUs(0);
  let from: SentPacket | undefined;
  let last: SentPacket | undefined;
  for (const packet of lost) {
    if (packet.sentUs <= firstSampleUs) continue;
    const goesOn = last !== undefined && packet.number === last.number + 1;
    if (!goesOn) from = packet;
    last = packet;
    if (from !== undefined && packet.sentUs - from.sentUs >= spanUs) return true;
  }
  return false;
}
