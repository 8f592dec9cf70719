/**
 * Packets to bytes: parts are put one after the other, as far as there is room.
 *
 * Whoever builds a packet asks `room` first; what has been put cannot be taken back. The offsets
 * are those of the wire table in wire.ts.
 */
import { readUint32, writeUint32 } from "../checksum/checksum.ts";
import { crc32c } from "../checksum/crc32c.ts";
import type { SessionId } from "../frame.ts";
import type { Ack, FragmentPart } from "./wire.ts";
import {
  PACKET_HEADER_BYTES,
  PACKET_MAGIC,
  PACKET_VERSION,
  PacketFlag,
  PartBytes,
  PartKind,
} from "./wire.ts";

const CHECKSUM_BYTES = 4;
const UINT16_MAX = 0xffff;
const UINT32_MAX = 0xffff_ffff;
/** Ranges of one ack: older ones were told of before. */
const ACK_RANGES_MAX = 32;

/** Bytes of an ack with all its ranges. */
export function ackBytesOf({ ranges }: Ack): number {
  const further = Math.min(ranges.length, ACK_RANGES_MAX) - 1;
  return PartBytes.ack + further * PartBytes.ackRange;
}

/** What stands at the front of a packet. */
export interface PacketStart {
  readonly flags: number;
  readonly connection: SessionId;
  readonly number: number;
}

/** Writes one packet after the other. */
export class PacketWriter {
  readonly #buffer: Uint8Array;
  #at = 0;
  #end = 0;

  /** @param datagramBytesMax the largest packet that will be asked for */
  constructor(datagramBytesMax: number) {
    this.#buffer = new Uint8Array(datagramBytesMax);
  }

  /** Bytes that parts may still take. */
  get room(): number {
    return this.#end - this.#at;
  }

  /** Bytes of the packet so far, its checksum included. */
  get size(): number {
    return this.#at + CHECKSUM_BYTES;
  }

  /** Begins a packet of at most so many bytes. */
  begin({ flags, connection, number }: PacketStart, bytesMax: number): void {
    const buffer = this.#buffer;
    buffer[0] = PACKET_MAGIC >>> 8;
    buffer[1] = PACKET_MAGIC & 0xff;
    buffer[2] = PACKET_VERSION;
    buffer[3] = flags;
    writeUint32(buffer, 4, connection.high);
    writeUint32(buffer, 8, connection.low);
    this.#at = 12;
    this.#putUint48(number);
    this.#end = Math.min(bytesMax, buffer.length) - CHECKSUM_BYTES;
  }

  putPing(): void {
    this.#buffer[this.#at++] = PartKind.ping;
  }

  putClose(): void {
    this.#buffer[this.#at++] = PartKind.close;
  }

  putToken(kind: "challenge" | "response", token: SessionId): void {
    this.#buffer[this.#at++] = PartKind[kind];
    this.#putUint32(token.high);
    this.#putUint32(token.low);
  }

  /** As many ranges as there is room for, the highest first. */
  putAck({ ranges, delayUs }: Ack): void {
    const [first] = ranges;
    if (first === undefined) return;
    const fit = Math.floor((this.room - PartBytes.ack) / PartBytes.ackRange);
    const buffer = this.#buffer;
    buffer[this.#at++] = PartKind.ack;
    this.#putUint48(first.high);
    this.#putUint32(Math.min(delayUs, UINT32_MAX));
    const countAt = this.#at++;
    this.#putUint32(Math.min(first.high - first.low, UINT32_MAX));
    let count = 0;
    let { low } = first;
    for (const range of ranges.slice(1, 1 + Math.min(fit, ACK_RANGES_MAX - 1))) {
      const missing = low - range.high - 1;
      const came = range.high - range.low + 1;
      if (missing > UINT16_MAX || came > UINT16_MAX) break;
      this.#putUint16(missing);
      this.#putUint16(came);
      ({ low } = range);
      count++;
    }
    buffer[countAt] = count;
  }

  putFragment({ message, index, count, bytes }: FragmentPart): void {
    this.#buffer[this.#at++] = PartKind.fragment;
    this.#putUint48(message);
    this.#putUint16(index);
    this.#putUint16(count);
    this.#putUint16(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** The packet, in an array of its own. */
  finish(): Uint8Array {
    const packet = this.#buffer.slice(0, this.#at + CHECKSUM_BYTES);
    writeUint32(packet, this.#at, crc32c(packet, 0, this.#at));
    return packet;
  }

  #putUint16(value: number): void {
    this.#buffer[this.#at++] = value >>> 8;
    this.#buffer[this.#at++] = value;
  }

  #putUint32(value: number): void {
    writeUint32(this.#buffer, this.#at, value);
    this.#at += 4;
  }

  #putUint48(value: number): void {
    this.#putUint16(Math.floor(value / 0x1_0000_0000));
    this.#putUint32(value % 0x1_0000_0000);
  }
}

/**
 * The answer to a packet of a connection that is not known here: at most as large as the packet,
 * made without any state.
 */
export function encodeUnknown(datagram: Uint8Array): Uint8Array {
  const writer = new PacketWriter(PACKET_HEADER_BYTES + CHECKSUM_BYTES);
  const connection = { high: readUint32(datagram, 4), low: readUint32(datagram, 8) };
  const flags = PacketFlag.answer | PacketFlag.unknown;
  writer.begin({ flags, connection, number: 0 }, PACKET_HEADER_BYTES + CHECKSUM_BYTES);
  return writer.finish();
}
