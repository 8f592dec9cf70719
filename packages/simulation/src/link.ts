/**
 * One direction between two nodes: whether a packet arrives, and when.
 *
 *   send ─► cut? ─► too large? ─► queue (rate, tail drop) ─► loss, corruption ─► delay + jitter ─►
 *
 * The answer is known when the packet leaves, so a packet costs one event, its arrival. A link
 * that was cut meanwhile loses what is on it: while it is cut, not one byte arrives. It moves no
 * bytes itself; who sends schedules the arrival.
 */
import type { Draws, PacketKey } from "./draws.ts";
import type { LinkOptions } from "./link-options.ts";
import { linkOptionsOf } from "./link-options.ts";
import { LinkQueue, OVERFLOW } from "./link-queue.ts";

/** Answer of `depart` for a packet that does not arrive. */
export const LOST = -1;

/** What passed a link, and what did not. All count packets but `bytes`. */
export interface LinkStats {
  /** Handed to the link, copies made by it not among them. */
  packets: number;
  bytes: number;
  /** Lost by chance. */
  lost: number;
  /** Lost to a cut. */
  cut: number;
  /** Dropped by a full queue. */
  overflowed: number;
  /** Datagrams above the MTU. */
  oversized: number;
  /** Damaged: delivered so for datagrams, lost for segments. */
  corrupted: number;
  duplicated: number;
  reordered: number;
}

/** A packet as a link sees it. */
export interface Packet extends PacketKey {
  /** Bytes that take their time on the wire. */
  readonly size: number;
}

/** One direction between two nodes. */
export class DirectedLink {
  readonly source: string;
  readonly target: string;
  readonly stats: LinkStats = {
    packets: 0,
    bytes: 0,
    lost: 0,
    cut: 0,
    overflowed: 0,
    oversized: 0,
    corrupted: 0,
    duplicated: 0,
    reordered: 0,
  };
  readonly #draws: Draws;
  readonly #queue = new LinkQueue();
  #options: LinkOptions;
  #plain: boolean;
  #isCut = false;

  constructor(ends: { source: string; target: string }, options: LinkOptions, draws: Draws) {
    this.source = ends.source;
    this.target = ends.target;
    this.#draws = draws;
    this.#options = options;
    this.#plain = isPlain(options);
  }

  get options(): LinkOptions {
    return this.#options;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /**
   * Changes the link from now on; what is under way keeps its time.
   *
   * @throws TypeError, RangeError where an option is out of its bounds.
   */
  set(options: Partial<LinkOptions>): void {
    this.#options = linkOptionsOf(options, this.#options);
    this.#plain = isPlain(this.#options);
  }

  /** Nothing passes any more, and what is under way is lost, until `repair`. */
  cut(): void {
    this.#isCut = true;
  }

  repair(): void {
    this.#isCut = false;
  }

  /** Whether a datagram is too large to be sent. */
  refuses(packet: Packet): boolean {
    if (packet.size <= this.#options.mtuBytes) return false;
    this.stats.packets++;
    this.stats.oversized++;
    return true;
  }

  /** Sends a packet off. @returns the time at which it arrives, or LOST. */
  depart(packet: Packet, nowUs: number): number {
    const { stats } = this;
    stats.packets++;
    stats.bytes += packet.size;
    if (this.#isCut) {
      stats.cut++;
      return LOST;
    }
    return this.#plain ? nowUs + this.#options.delayUs : this.#travel(packet, nowUs);
  }

  /** Whether a packet that has just come to the end of the link may leave it. */
  lets(): boolean {
    if (this.#isCut) this.stats.cut++;
    return !this.#isCut;
  }

  /** When a second copy of a packet arrives, or LOST where there is none. */
  departCopy(packet: Packet, nowUs: number): number {
    if (!this.#draws.duplicate.happens(packet, this.#options.duplicate)) return LOST;
    this.stats.duplicated++;
    return (
      nowUs + this.#options.delayUs + this.#extraUs({ ...packet, attempt: packet.attempt + 1 })
    );
  }

  /** Whether a packet is damaged on its way. */
  damages(packet: PacketKey): boolean {
    if (!this.#draws.corrupt.happens(packet, this.#options.corrupt)) return false;
    this.stats.corrupted++;
    return true;
  }

  #travel(packet: Packet, nowUs: number): number {
    const options = this.#options;
    const { stats } = this;
    let leaveUs = nowUs;
    if (options.bytesPerSecond > 0) {
      leaveUs = this.#queue.accept(packet.size, nowUs, options);
      if (leaveUs === OVERFLOW) {
        stats.overflowed++;
        return LOST;
      }
    }
    if (this.#draws.loss.happens(packet, options.loss)) {
      stats.lost++;
      return LOST;
    }
    return leaveUs + options.delayUs + this.#extraUs(packet);
  }

  /** Jitter and reordering. */
  #extraUs(packet: PacketKey): number {
    const { jitterUs, reorder, reorderDelayUs } = this.#options;
    const jittered = jitterUs > 0 ? this.#draws.jitter.below(packet, jitterUs + 1) : 0;
    if (!this.#draws.reorder.happens(packet, reorder)) return jittered;
    this.stats.reordered++;
    return jittered + reorderDelayUs;
  }
}

/** True where the only thing a packet meets is the delay. */
function isPlain(options: LinkOptions): boolean {
  const { bytesPerSecond, loss, jitterUs, reorder } = options;
  return bytesPerSecond === 0 && loss === 0 && jitterUs === 0 && reorder === 0;
}

/** Marks a packet in the digest as one that does not arrive. */
const MARK_LOST = 0x6c6f7374;
const WORD_RANGE = 0x1_0000_0000;

/** Takes a packet that does not arrive into the digest: it is no event, and yet it happened. */
export function noteLost(notebook: { note(word: number): void }, packet: PacketKey): void {
  notebook.note(MARK_LOST);
  notebook.note(packet.flow);
  notebook.note(packet.ordinal);
  notebook.note(packet.ordinal / WORD_RANGE);
  notebook.note(packet.attempt);
}
