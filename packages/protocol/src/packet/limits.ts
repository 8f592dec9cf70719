/**
 * Every limit of the packet layer: name with its unit, default, reason.
 *
 * Whatever a peer sends, memory of one connection stays under a figure that can be computed from
 * this file: what waits to be acknowledged, what waits to be whole, what waits for its owner.
 */
import { durationUsOf, integerOf } from "../settings.ts";
import { PACKET_OVERHEAD_BYTES, PartBytes } from "./wire.ts";

/** The limits of one connection. */
export interface PacketLimits {
  /**
   * Largest datagram that is sent; larger ones are read all the same.
   *
   * @default 1200: fits every path that may be used at all (RFC 9000 section 14)
   */
  readonly datagramBytesMax: number;
  /**
   * Largest message. A larger one is not sent, and no fragment of one is kept.
   *
   * @default 65_600: a payload of 64 KiB in a frame
   */
  readonly messageBytesMax: number;
  /**
   * Bytes of messages that are queued or not yet acknowledged. At it `send` says that it is full;
   * what is sent nevertheless is dropped.
   *
   * @default 1_048_576: sixteen of the largest messages
   */
  readonly sendQueueBytesMax: number;
  /**
   * Messages that are queued or not yet acknowledged. As `sendQueueBytesMax`.
   *
   * @default 4096: four times what a client may have in flight
   */
  readonly sendQueueMessagesMax: number;
  /**
   * Bytes of messages that are not whole yet, each fragment counted with 64 for its upkeep and each
   * that a message says it has with 8 for its place, or wait for a paused owner. Above it a packet is not accepted, and its sender slows down.
   *
   * @default 2_097_152: what a sender with the default queue can have under way, and as much again
   */
  readonly assemblyBytesMax: number;
  /**
   * Messages that are not whole yet. As `assemblyBytesMax`.
   *
   * @default 4096: what a sender may have under way
   */
  readonly assemblyMessagesMax: number;
  /**
   * How long a message is sent again, and a part of one kept, in ms. Then it is given up.
   *
   * @default 30_000: the client's own deadline
   */
  readonly messageLifetimeMs: number;
  /**
   * How long an acknowledgement may wait for a second packet or something to go with, in ms.
   *
   * @default 25: RFC 9000 section 18.2
   */
  readonly ackDelayMs: number;
  /**
   * A connection on which nothing was heard for so long is over, in ms.
   *
   * @default 30_000: RFC 9308 section 3.2 has found middleboxes that forget sooner, few that keep longer
   */
  readonly silenceMs: number;
  /**
   * Who dialled asks for a sign of life after so long without one, in ms.
   *
   * @default 10_000: two may be lost before the connection counts as dead
   */
  readonly pingAfterMs: number;
  /**
   * Connections of one address and port; the packets of one more are ignored.
   *
   * @default 4: one, and those that it replaced and that have not been given up yet
   */
  readonly connectionsPerPeerMax: number;
}

/** The limits where none are given. */
export const PACKET_LIMITS_DEFAULT: PacketLimits = {
  datagramBytesMax: 1200,
  messageBytesMax: 65_600,
  sendQueueBytesMax: 1_048_576,
  sendQueueMessagesMax: 4096,
  assemblyBytesMax: 2_097_152,
  assemblyMessagesMax: 4096,
  messageLifetimeMs: 30_000,
  ackDelayMs: 25,
  silenceMs: 30_000,
  pingAfterMs: 10_000,
  connectionsPerPeerMax: 4,
};

/** Below it a packet would have no room for an ack, a token and a useful piece of a message. */
const DATAGRAM_BYTES_MIN = 256;
/** What IPv4 lets one UDP datagram carry. */
const DATAGRAM_BYTES_MAX = 65_507;
const BYTES_MAX = 2 ** 30;
const MESSAGES_MAX = 65_536;
/** What may stand in a packet beside a piece of a message. */
const BESIDE_BYTES = PartBytes.fragment + PartBytes.ack + PartBytes.token;
/** A fragment counts with so much beside its bytes. */
export const FRAGMENT_UPKEEP_BYTES = 64;
/** The place that is kept for each fragment of a message from its first one on: a reference. */
export const FRAGMENT_PLACE_BYTES = 8;

/**
 * The limits with every default filled in.
 *
 * @throws TypeError or RangeError naming the limit, its rule and the value it had.
 */
export function packetLimitsOf(given: Partial<PacketLimits> = {}): PacketLimits {
  const limits = { ...PACKET_LIMITS_DEFAULT, ...given };
  const bounds: Partial<Record<keyof PacketLimits, readonly [number, number]>> = {
    datagramBytesMax: [DATAGRAM_BYTES_MIN, DATAGRAM_BYTES_MAX],
    messageBytesMax: [1, BYTES_MAX],
    sendQueueMessagesMax: [1, MESSAGES_MAX],
    assemblyMessagesMax: [1, MESSAGES_MAX],
    connectionsPerPeerMax: [1, MESSAGES_MAX],
  };
  for (const [name, value] of Object.entries(limits)) {
    const setting = { doing: "carry packets", name, value };
    if (name.endsWith("Ms")) durationUsOf(setting, 1);
    else integerOf(setting, ...(bounds[name as keyof PacketLimits] ?? ([1, BYTES_MAX] as const)));
  }
  const countMax = 0xffff;
  const messageBytesMax = fragmentBytesOf(limits.datagramBytesMax) * countMax;
  const message = { doing: "carry packets", name: "messageBytesMax" };
  integerOf({ ...message, value: limits.messageBytesMax }, 1, Math.min(BYTES_MAX, messageBytesMax));
  return limits;
}

/** The limits that leave room in each datagram for what the layers below add. */
export function limitsAbove(
  limits: PacketLimits,
  { overheadBytes = 0 }: { readonly overheadBytes?: number | undefined },
): PacketLimits {
  if (overheadBytes === 0) return limits;
  return packetLimitsOf({ ...limits, datagramBytesMax: limits.datagramBytesMax - overheadBytes });
}

/** Bytes of a message in one fragment: what is left beside an ack of one range and a token. */
export function fragmentBytesOf(datagramBytesMax: number): number {
  return datagramBytesMax - PACKET_OVERHEAD_BYTES - BESIDE_BYTES;
}
