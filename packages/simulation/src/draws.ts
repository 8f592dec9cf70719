/**
 * The draws of a simulation: every one has a name and a key.
 *
 *   keyedUint32(seed, hashText("simulation/" + name), flow, ordinal high, ordinal low, attempt)
 *
 * `flow` stands for one direction of one connection, `ordinal` counts its packets, `attempt` its
 * transmissions of that packet. So what happens to a packet does not depend on who else sends,
 * and two runs that differ in one fault share all other luck.
 */
import { hashText, keyedUint32, wordHigh, wordLow } from "@faultline/faults";

/** One more than the largest draw. */
const DRAW_RANGE = 0x1_0000_0000;

/** What draws are for. */
export type DrawName =
  | "corrupt"
  | "corrupt-bit"
  | "cut"
  | "cut-place"
  | "duplicate"
  | "jitter"
  | "loss"
  | "reorder";

/** The identity of a packet, which its draws are keyed by. */
export interface PacketKey {
  /** One direction of one connection, as 32 bits. */
  readonly flow: number;
  /** Number of the packet in its flow, from 0. */
  readonly ordinal: number;
  /** Transmission of that packet, from 1; for copies of a datagram, from 2. */
  readonly attempt: number;
}

/** Draws of one name. */
export class Draw {
  readonly #seed: number;
  readonly #stream: number;

  constructor(seed: number, name: DrawName) {
    this.#seed = seed;
    this.#stream = hashText(`simulation/${name}`);
  }

  /** An unsigned 32-bit integer. */
  uint32(key: PacketKey): number {
    const high = wordHigh(key.ordinal);
    const low = wordLow(key.ordinal);
    return keyedUint32(this.#seed, this.#stream, key.flow, high, low, key.attempt);
  }

  /** Whether something of this chance happens. */
  happens(key: PacketKey, chance: number): boolean {
    return chance > 0 && this.uint32(key) < Math.floor(chance * DRAW_RANGE);
  }

  /** An integer of 0 … limit-1, all equally likely to within limit / 2^32. */
  below(key: PacketKey, limit: number): number {
    return Math.min(limit - 1, Math.floor((this.uint32(key) * limit) / DRAW_RANGE));
  }
}

/** All draws of one seed. */
export class Draws {
  readonly corrupt: Draw;
  readonly corruptBit: Draw;
  readonly cut: Draw;
  readonly cutPlace: Draw;
  readonly duplicate: Draw;
  readonly jitter: Draw;
  readonly loss: Draw;
  readonly reorder: Draw;

  constructor(seed: number) {
    this.corrupt = new Draw(seed, "corrupt");
    this.corruptBit = new Draw(seed, "corrupt-bit");
    this.cut = new Draw(seed, "cut");
    this.cutPlace = new Draw(seed, "cut-place");
    this.duplicate = new Draw(seed, "duplicate");
    this.jitter = new Draw(seed, "jitter");
    this.loss = new Draw(seed, "loss");
    this.reorder = new Draw(seed, "reorder");
  }
}

/**
 * The number of a flow: which connection of which node, and which way.
 *
 * Two flows share a number once in four thousand million; their draws would then be equal.
 *
 * @param origin `hashText` of the name of the node that dialled
 * @param ordinal how many that node had dialled before
 */
export function flowOf(origin: number, ordinal: number, way: "there" | "back"): number {
  return keyedUint32(0, FLOW, origin, wordLow(ordinal), way === "there" ? 0 : 1);
}

const FLOW = hashText("simulation/flow");
