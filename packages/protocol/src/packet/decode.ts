/**
 * Bytes to packets: whole and sound, or nothing at all.
 *
 * The checksum is looked at before anything is believed, and a packet with one bad part is refused
 * as a whole: nobody knows what its sender meant. A refusal has no reason: it is answered by
 * silence and touches no state (RFC 9147 section 4.5.2).
 */
import { readUint32 } from "../checksum/checksum.ts";
import { crc32c } from "../checksum/crc32c.ts";
import type { SessionId } from "../frame.ts";
import type { Ack, FragmentPart, NumberRange, Packet } from "./wire.ts";
import {
  isPacket,
  PACKET_HEADER_BYTES,
  PACKET_OVERHEAD_BYTES,
  PACKET_VERSION,
  PacketFlag,
  PartBytes,
  PartKind,
} from "./wire.ts";

const CHECKSUM_BYTES = 4;
const FLAGS_KNOWN = PacketFlag.answer | PacketFlag.opening | PacketFlag.unknown;

/**
 * Reads one packet, which must fill the datagram. Fragments are views into it.
 *
 * @returns undefined where it is no sound packet.
 */
export function decodePacket(datagram: Uint8Array): Packet | undefined {
  const end = datagram.length - CHECKSUM_BYTES;
  if (datagram.length < PACKET_OVERHEAD_BYTES || !isPacket(datagram)) return undefined;
  if (datagram[2] !== PACKET_VERSION || (datagram[3]! & ~FLAGS_KNOWN) !== 0) return undefined;
  if (readUint32(datagram, end) !== crc32c(datagram, 0, end)) return undefined;
  return new PartReader(datagram, end).read();
}

/** Goes over the parts. */
class PartReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at = PACKET_HEADER_BYTES;
  readonly #fragments: FragmentPart[] = [];
  readonly #packet: { -readonly [Field in keyof Packet]: Packet[Field] };

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#packet = {
      flags: bytes[3]!,
      connection: { high: readUint32(bytes, 4), low: readUint32(bytes, 8) },
      number: readUint48(bytes, 12),
      ack: undefined,
      fragments: this.#fragments,
      ping: false,
      close: false,
      challenge: undefined,
      response: undefined,
    };
  }

  read(): Packet | undefined {
    while (this.#at < this.#end) {
      if (!this.#part(this.#bytes[this.#at++]!)) return undefined;
    }
    return this.#packet;
  }

  #part(kind: number): boolean {
    const packet = this.#packet;
    switch (kind) {
      case PartKind.ping:
        packet.ping = true;
        return true;
      case PartKind.close:
        packet.close = true;
        return true;
      case PartKind.ack:
        return this.#ack();
      case PartKind.fragment:
        return this.#fragment();
      case PartKind.challenge:
        return (packet.challenge = this.#token()) !== undefined;
      case PartKind.response:
        return (packet.response = this.#token()) !== undefined;
      default:
        return false;
    }
  }

  /** Whether so many bytes are left; they are passed over, and start at the offset before. */
  #take(bytes: number): boolean {
    this.#at += bytes;
    return this.#at <= this.#end;
  }

  #token(): SessionId | undefined {
    const at = this.#at;
    if (!this.#take(PartBytes.token - 1)) return undefined;
    return { high: readUint32(this.#bytes, at), low: readUint32(this.#bytes, at + 4) };
  }

  #ack(): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    if (this.#packet.ack !== undefined || !this.#take(PartBytes.ack - 1)) return false;
    const high = readUint48(bytes, at);
    let low = high - readUint32(bytes, at + 11);
    const ranges: NumberRange[] = [{ low, high }];
    for (let left = bytes[at + 10]!; left > 0; left--) {
      const rangeAt = this.#at;
      if (!this.#take(PartBytes.ackRange)) return false;
      const missing = readUint16(bytes, rangeAt);
      const came = readUint16(bytes, rangeAt + 2);
      if (missing === 0 || came === 0) return false;
      const next = low - missing - 1;
      low = next - came + 1;
      ranges.push({ low, high: next });
    }
    if (low < 0) return false;
    const ack: Ack = { ranges, delayUs: readUint32(bytes, at + 6) };
    this.#packet.ack = ack;
    return true;
  }

  #fragment(): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    if (!this.#take(PartBytes.fragment - 1)) return false;
    const index = readUint16(bytes, at + 6);
    const count = readUint16(bytes, at + 8);
    const from = this.#at;
    if (index >= count || !this.#take(readUint16(bytes, at + 10))) return false;
    const piece = bytes.subarray(from, this.#at);
    this.#fragments.push({ message: readUint48(bytes, at), index, count, bytes: piece });
    return true;
  }
}

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function readUint48(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at) * 0x1_0000_0000 + readUint32(bytes, at + 2);
}
