/**
 * The packet: what carries frames over UDP where datagrams shall be reliable. Its wire table, and
 * the shape it has in memory. After QUIC (RFC 9000 sections 12, 13, 17, 19), made small.
 *
 *   offset  size  field
 *        0     2  magic 0xFA 0x50: the second byte tells a packet from a frame
 *        2     1  version, 1
 *        3     1  flags (see PacketFlag); unknown bits are refused
 *        4     8  connection id: 64 bits, chosen by who dials, the same both ways
 *       12     6  packet number: from 0, a new one for every packet sent, never used twice
 *       18     n  parts, one after the other
 *     18+n     4  CRC-32C of everything before
 *
 *   part          kind  what follows (all integers big-endian)
 *   ping             1  nothing: asks for an acknowledgement
 *   ack              2  largest (6), delay in µs (4), further ranges (1), packets below the largest
 *                       that came without a gap (4), then for each range: missing (2), came (2)
 *   fragment         3  message (6), index (2), count (2), size (2), that many bytes
 *   close            4  nothing: whoever sent it has ended
 *   challenge        5  token (8): prove that you hear me
 *   response         6  the token
 */
import type { SessionId } from "../frame.ts";

/** The first two bytes of every packet. */
export const PACKET_MAGIC = 0xfa50;
/** The version of the wire table above. */
export const PACKET_VERSION = 1;
/** Header before the parts, in bytes. */
export const PACKET_HEADER_BYTES = 18;
/** What is no part: header and checksum. */
export const PACKET_OVERHEAD_BYTES = 22;

/** Flag bits of a packet. */
export const PacketFlag = {
  /** Sent by who was dialled; a packet that comes back to its sender is no packet of the peer. */
  answer: 0x01,
  /** The dialler has not heard anything yet: only such a packet may open a connection. */
  opening: 0x02,
  /** There is no such connection here (any more). Its number means nothing. */
  unknown: 0x04,
} as const;

/** The kinds of parts. */
export const PartKind = {
  ping: 1,
  ack: 2,
  fragment: 3,
  close: 4,
  challenge: 5,
  response: 6,
} as const;

/** Sizes of parts without what varies. */
export const PartBytes = { ack: 16, ackRange: 4, fragment: 13, token: 9 } as const;

/** A run of numbers, both ends included. */
export interface NumberRange {
  readonly low: number;
  readonly high: number;
}

/** What an ack says. */
export interface Ack {
  /** Highest first; at least one. */
  readonly ranges: readonly NumberRange[];
  /** How long the largest was known before this was sent. */
  readonly delayUs: number;
}

/** A piece of a message. */
export interface FragmentPart {
  /** Number of the message, from 0, in the order in which they were handed to the sender. */
  readonly message: number;
  /** Place of the piece, from 0. */
  readonly index: number;
  /** Pieces of the message. */
  readonly count: number;
  /** A view into the packet. */
  readonly bytes: Uint8Array;
}

/** One packet in memory. */
export interface Packet {
  readonly flags: number;
  readonly connection: SessionId;
  readonly number: number;
  readonly ack: Ack | undefined;
  readonly fragments: readonly FragmentPart[];
  readonly ping: boolean;
  readonly close: boolean;
  readonly challenge: SessionId | undefined;
  readonly response: SessionId | undefined;
}

/** Whether a datagram may be a packet, by its first two bytes. */
export function isPacket(datagram: Uint8Array): boolean {
  return datagram[0] === PACKET_MAGIC >>> 8 && datagram[1] === (PACKET_MAGIC & 0xff);
}
