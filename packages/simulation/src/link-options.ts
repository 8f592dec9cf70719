/**
 * How one direction between two nodes behaves, as plain data.
 *
 * Every fault is off by default; a delay is not a fault. Chances are per packet, each drawn by
 * its own name and the packet's own key, so that switching one on leaves the others' luck as it was.
 */
import type { Setting } from "@faultline/protocol";
import { chanceOf, integerOf } from "./limits.ts";

/** One direction between two nodes. */
export interface LinkOptions {
  /**
   * Time on the wire. @default 50: a local network. With 0 a conversation takes no time at all,
   * and one that never ends would stop the run as a livelock.
   */
  readonly delayUs: number;
  /** Added to the delay of each packet: a whole number of 0 … jitterUs, all equally likely. @default 0 */
  readonly jitterUs: number;
  /** Packets leave one after the other at this rate. @default 0: no limit */
  readonly bytesPerSecond: number;
  /**
   * Packets that may wait to leave, the one that is leaving among them; one more is dropped.
   * @default 1000: the queue of a Linux interface. Without a rate nothing ever waits.
   */
  readonly queuePacketsMax: number;
  /** Bytes that may wait to leave. @default 1_073_741_824: packets are what is limited */
  readonly queueBytesMax: number;
  /** Chance that a packet is lost on the wire, after it took its place in the queue. @default 0 */
  readonly loss: number;
  /** Chance that a datagram arrives twice. Streams would throw the second copy away. @default 0 */
  readonly duplicate: number;
  /** Chance that a packet takes `reorderDelayUs` longer, so that later ones pass it. @default 0 */
  readonly reorder: number;
  /** @default 1000 */
  readonly reorderDelayUs: number;
  /** Chance that one bit flips. A datagram arrives damaged; a segment fails its checksum and is sent again. @default 0 */
  readonly corrupt: number;
  /** Largest datagram; a larger one is dropped. Streams cut their own segments. @default 65_507: UDP's own limit */
  readonly mtuBytes: number;
}

/** A link when nothing is said. */
export const LINK_OPTIONS_DEFAULT: LinkOptions = {
  delayUs: 50,
  jitterUs: 0,
  bytesPerSecond: 0,
  queuePacketsMax: 1000,
  queueBytesMax: 1_073_741_824,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderDelayUs: 1000,
  corrupt: 0,
  mtuBytes: 65_507,
};

/** Longest delay, jitter or hold: a day. */
const DELAY_US_MAX = 86_400_000_000;
/** Above 10 GB/s a packet takes less than the clock's microsecond. */
const BYTES_PER_SECOND_MAX = 10_000_000_000;
const QUEUE_PACKETS_MAX = 16_777_216;
const QUEUE_BYTES_MAX = 2 ** 40;

/**
 * The options given over those in force, checked.
 *
 * @throws TypeError, RangeError where one is out of its bounds.
 */
export function linkOptionsOf(given: Partial<LinkOptions>, base: LinkOptions): LinkOptions {
  const options = { ...base, ...given };
  const setting = (name: keyof LinkOptions): Setting => {
    return { doing: "set up a link", name, value: options[name] };
  };
  integerOf(setting("delayUs"), 0, DELAY_US_MAX);
  integerOf(setting("jitterUs"), 0, DELAY_US_MAX);
  integerOf(setting("reorderDelayUs"), 0, DELAY_US_MAX);
  integerOf(setting("bytesPerSecond"), 0, BYTES_PER_SECOND_MAX);
  integerOf(setting("queuePacketsMax"), 1, QUEUE_PACKETS_MAX);
  integerOf(setting("queueBytesMax"), 1, QUEUE_BYTES_MAX);
  integerOf(setting("mtuBytes"), 1, 65_507);
  for (const name of ["loss", "duplicate", "reorder", "corrupt"] as const) chanceOf(setting(name));
  return options;
}
