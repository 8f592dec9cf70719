/**
 * One packet as bytes: Ethernet, IPv4 or IPv6, TCP or UDP, with every checksum.
 *
 * Hardware addresses are locally administered and hold the end of the IP address. Nothing is
 * fragmented: what is handed in fits into one IP packet (UDP 65 507 bytes over IPv4; the TCP side
 * cuts its segments, tcp.ts). IPv4 headers have "don't fragment" and the identification 0 that goes
 * with it (RFC 6864).
 */
import { addWords, internetChecksum } from "./checksum.ts";
import type { PacketAddress } from "./address.ts";

/** Who talks to whom. Both addresses are of one family; if not, IPv4 is written as mapped IPv6. */
export interface Way {
  readonly source: PacketAddress;
  readonly target: PacketAddress;
}

/** Flags of a TCP segment. */
export const TcpFlag = { fin: 0x01, syn: 0x02, rst: 0x04, push: 0x08, ack: 0x10 } as const;

/** What a TCP header says beside the ports. */
export interface TcpHeader {
  readonly sequence: number;
  readonly acknowledged: number;
  readonly flags: number;
  readonly window: number;
  /** A multiple of four bytes. */
  readonly options: Uint8Array;
}

const ETHERNET_BYTES = 14;
const TCP = 6;
const UDP = 17;
const HOPS = 64;

/** Largest UDP payload that fits into an IP packet of that family, in bytes. */
export function udpBytesMax({ source, target }: Way): number {
  return isV4(source, target) ? 65_507 : 65_527;
}

/** A TCP segment as an Ethernet frame. */
export function tcpPacket(way: Way, header: TcpHeader, payload: Uint8Array): Uint8Array {
  const tcpBytes = 20 + header.options.length;
  const { bytes, view, at } = frame(way, TCP, tcpBytes + payload.length);
  view.setUint16(at, way.source.port);
  view.setUint16(at + 2, way.target.port);
  view.setUint32(at + 4, header.sequence);
  view.setUint32(at + 8, header.acknowledged);
  view.setUint8(at + 12, (tcpBytes / 4) << 4);
  view.setUint8(at + 13, header.flags);
  view.setUint16(at + 14, header.window);
  bytes.set(header.options, at + 20);
  bytes.set(payload, at + tcpBytes);
  view.setUint16(at + 16, transportChecksum(bytes, at, TCP));
  return bytes;
}

/** A UDP datagram as an Ethernet frame. @throws RangeError where it does not fit into one packet */
export function udpPacket(way: Way, payload: Uint8Array): Uint8Array {
  const max = udpBytesMax(way);
  if (payload.length > max) {
    const got = payload.length;
    throw new RangeError(
      `Cannot make a packet as "payload" must be at most ${max} bytes: got ${got}`,
    );
  }
  const { bytes, view, at } = frame(way, UDP, 8 + payload.length);
  view.setUint16(at, way.source.port);
  view.setUint16(at + 2, way.target.port);
  view.setUint16(at + 4, 8 + payload.length);
  bytes.set(payload, at + 8);
  // 0 would mean "none" (RFC 768).
  view.setUint16(at + 6, transportChecksum(bytes, at, UDP) || 0xffff);
  return bytes;
}

interface Framed {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the transport header begins. */
  readonly at: number;
}

/** Ethernet and IP headers, with room for the rest. */
function frame({ source, target }: Way, protocol: number, size: number): Framed {
  const v4 = isV4(source, target);
  const at = ETHERNET_BYTES + (v4 ? 20 : 40);
  const bytes = new Uint8Array(at + size);
  const view = new DataView(bytes.buffer);
  bytes.set(hardware(target.ip), 0);
  bytes.set(hardware(source.ip), 6);
  view.setUint16(12, v4 ? 0x0800 : 0x86dd);
  if (v4) {
    view.setUint16(14, 0x4500);
    view.setUint16(16, 20 + size);
    view.setUint16(20, 0x4000);
    view.setUint8(22, HOPS);
    view.setUint8(23, protocol);
    bytes.set(source.ip, 26);
    bytes.set(target.ip, 30);
    view.setUint16(24, internetChecksum(addWords(0, bytes, 14, 34)));
  } else {
    view.setUint32(14, 0x6000_0000);
    view.setUint16(18, size);
    view.setUint8(20, protocol);
    view.setUint8(21, HOPS);
    bytes.set(mapped(source.ip), 22);
    bytes.set(mapped(target.ip), 38);
  }
  return { bytes, view, at };
}

/** Over the pseudo-header, the header and the payload; the checksum field is still zero. */
function transportChecksum(bytes: Uint8Array, at: number, protocol: number): number {
  const addressesAt = at - (at === ETHERNET_BYTES + 20 ? 8 : 32);
  const pseudo = addWords(protocol + bytes.length - at, bytes, addressesAt, at);
  return internetChecksum(addWords(pseudo, bytes, at, bytes.length));
}

function isV4(source: PacketAddress, target: PacketAddress): boolean {
  return source.ip.length === 4 && target.ip.length === 4;
}

function mapped(ip: Uint8Array): Uint8Array {
  if (ip.length === 16) return ip;
  const whole = new Uint8Array(16);
  whole.fill(0xff, 10, 12);
  whole.set(ip, 12);
  return whole;
}

function hardware(ip: Uint8Array): Uint8Array {
  return Uint8Array.of(0x02, 0x00, ...ip.subarray(ip.length - 4));
}
