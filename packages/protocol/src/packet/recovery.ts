/**
 * What the sending side knows of the path: round trip, window, pace, and what became of each packet.
 *
 *   left ─► [sent] ─► heard ─► acknowledged, lost
 *                └──► due ───► lost (by time), or probes to send (by silence)
 *
 * RFC 9002 in one place: every ack and every timeout goes through here, so window and round trip
 * never disagree about what is on its way.
 */
import type { RttEstimate, RttProfile } from "../rtt.ts";
import { createRttEstimate } from "../rtt.ts";
import { Congestion } from "./congestion.ts";
import type { PacketLimits } from "./limits.ts";
import { Pacer } from "./pacer.ts";
import type { SentPacket } from "./sent.ts";
import { isPersistent, SentPackets } from "./sent.ts";
import type { Ack } from "./wire.ts";

/** Packets sent when nothing was heard for a probe timeout (RFC 9002 section 6.2.4). */
const PROBES = 2;

/** No floor: a probe is not a retransmission, and costs a packet where it was too early. */
const ROUND_TRIPS: Omit<RttProfile, "ackDelayMaxMs"> = {
  initialMs: 333,
  granularityMs: 1,
  floorMs: 1,
  ceilingMs: 60_000,
};

/** What became of packets. */
export interface Fate {
  readonly acknowledged: readonly SentPacket[];
  readonly lost: readonly SentPacket[];
}

const NOTHING: readonly SentPacket[] = [];

/** @see module */
export class Recovery {
  readonly #sent = new SentPackets();
  readonly #congestion: Congestion;
  readonly #pacer: Pacer;
  #rtt: RttEstimate;
  #firstSampleUs = Infinity;
  #expiries = 0;
  /** Packets that may leave whatever window and pace say. */
  probes = 0;
  /** When the pace lets the next packet go; Infinity: it holds nothing up. */
  paceUs: number = Infinity;

  constructor({ datagramBytesMax, ackDelayMs }: PacketLimits) {
    this.#congestion = new Congestion(datagramBytesMax);
    this.#pacer = new Pacer(datagramBytesMax);
    this.#rtt = createRttEstimate({ ...ROUND_TRIPS, ackDelayMaxMs: ackDelayMs });
  }

  get rtt(): RttEstimate {
    return this.#rtt;
  }

  /** Bytes on their way. */
  get inFlightBytes(): number {
    return this.#sent.bytes;
  }

  get windowBytes(): number {
    return this.#congestion.windowBytes;
  }

  /** The packets that have waited longest for an ack, one for each probe. */
  get overdue(): readonly SentPacket[] {
    return this.#sent.oldest(this.probes);
  }

  /** Whether so many bytes may leave now. */
  allows(bytes: number, nowUs: number): boolean {
    this.paceUs = Infinity;
    if (this.probes > 0) return true;
    const { windowBytes } = this.#congestion;
    if (this.#sent.bytes + bytes > windowBytes) return false;
    const { smoothedUs } = this.#rtt;
    const whenUs = this.#pacer.whenUs(bytes, nowUs, { windowBytes, smoothedUs });
    if (whenUs > nowUs) this.paceUs = whenUs;
    return whenUs <= nowUs;
  }

  /** There is nothing that waits for the pace. */
  rest(): void {
    this.paceUs = Infinity;
  }

  /** A packet that asks for an ack has left. @returns whether it was a probe */
  left(packet: SentPacket): boolean {
    this.#sent.add(packet);
    this.#pacer.spend(packet.bytes);
    if (this.probes === 0) return false;
    this.probes--;
    return true;
  }

  /** An ack has come. @param isWaiting whether there was more to send than the window allowed */
  heard(ack: Ack, nowUs: number, isWaiting: boolean): Fate {
    const isUsed = isWaiting || this.#sent.bytes * 2 > this.#congestion.windowBytes;
    const acknowledged = this.#sent.acknowledge(ack.ranges);
    const last = acknowledged.at(-1);
    if (last === undefined) return { acknowledged, lost: NOTHING };
    if (last.number === ack.ranges[0]!.high) {
      this.#rtt = this.#rtt.next(nowUs - last.sentUs, ack.delayUs);
      this.#firstSampleUs = Math.min(this.#firstSampleUs, nowUs);
    }
    this.#expiries = 0;
    this.probes = 0;
    const lost = this.#lose(nowUs);
    for (const { bytes, sentUs } of acknowledged) {
      this.#congestion.acknowledged(bytes, sentUs, isUsed);
    }
    return { acknowledged, lost };
  }

  /** When something is to be done. @param mayProbe whether a probe could leave */
  dueUs(mayProbe: boolean): number {
    if (this.#sent.lossUs !== Infinity) return this.#sent.lossUs;
    if (this.#sent.size === 0 || !mayProbe) return Infinity;
    return this.#sent.lastSentUs + this.#rtt.timeoutUs(this.#expiries);
  }

  /** Time has passed. @returns what is lost by now; where nothing is, `probes` may have been asked for */
  due(nowUs: number, mayProbe: boolean): readonly SentPacket[] {
    if (this.dueUs(mayProbe) > nowUs) return NOTHING;
    if (this.#sent.lossUs !== Infinity) return this.#lose(nowUs);
    this.#expiries++;
    this.probes = PROBES;
    return NOTHING;
  }

  #lose(nowUs: number): readonly SentPacket[] {
    const lost = this.#sent.lose(nowUs, this.#rtt);
    const last = lost.at(-1);
    if (last === undefined) return lost;
    this.#congestion.lost(last.sentUs, nowUs);
    if (isPersistent(lost, this.#rtt, this.#firstSampleUs)) this.#congestion.collapse(nowUs);
    return lost;
  }
}
