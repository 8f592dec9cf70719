/**
 * What a packet carries: down to the payload of TCP or UDP, over Ethernet or without a link layer.
 *
 * Checksums are not looked at: captures of other tools have wrong ones wherever a card computes them.
 * What is no TCP or UDP, is a fragment, or is shorter than it says, is undefined.
 */

/** A payload and whose it is. */
export interface Carried {
  readonly kind: "tcp" | "udp";
  /** As `address:port`. */
  readonly source: string;
  readonly target: string;
  readonly payload: Uint8Array;
  /** TCP: sequence number of the first byte of the payload, and whether it begins or ends a stream. */
  readonly sequence: number;
  readonly begins: boolean;
}

/** Where the IP header begins, by link type. */
const IP_AT: Readonly<Record<number, number>> = {
  0: 4,
  1: 14,
  12: 0,
  101: 0,
  108: 4,
  113: 16,
  276: 20,
};
const TCP = 6;
const UDP = 17;
const SYN = 0x02;

/** Takes a packet apart. */
export function carriedBy(bytes: Uint8Array, linkType: number): Carried | undefined {
  const at = IP_AT[linkType];
  if (at === undefined || bytes.length < at + 20) return undefined;
  const version = bytes[at]! >>> 4;
  if (version === 4) return overIpv4(bytes, at);
  return version === 6 && bytes.length >= at + 40 ? overIpv6(bytes, at) : undefined;
}

function overIpv4(bytes: Uint8Array, at: number): Carried | undefined {
  const header = (bytes[at]! & 0x0f) * 4;
  const total = wordAt(bytes, at + 2);
  const isFragment = (wordAt(bytes, at + 6) & 0x3fff) !== 0;
  if (header < 20 || total < header || at + total > bytes.length || isFragment) return undefined;
  const addresses = [12, 16].map((offset) => [...bytes.subarray(at + offset, at + offset + 4)]);
  const [source = "", target = ""] = addresses.map((parts) => parts.join("."));
  const datagram = bytes.subarray(at + header, at + total);
  return above(datagram, { protocol: bytes[at + 9]!, source, target });
}

function overIpv6(bytes: Uint8Array, at: number): Carried | undefined {
  const size = wordAt(bytes, at + 4);
  if (at + 40 + size > bytes.length) return undefined;
  const [source = "", target = ""] = [8, 24].map((offset) => `[${ipv6Text(bytes, at + offset)}]`);
  const datagram = bytes.subarray(at + 40, at + 40 + size);
  return above(datagram, { protocol: bytes[at + 6]!, source, target });
}

interface Ends {
  readonly protocol: number;
  readonly source: string;
  readonly target: string;
}

function above(bytes: Uint8Array, { protocol, source, target }: Ends): Carried | undefined {
  const isTcp = protocol === TCP;
  if ((!isTcp && protocol !== UDP) || bytes.length < (isTcp ? 20 : 8)) return undefined;
  const header = isTcp ? (bytes[12]! >>> 4) * 4 : 8;
  const end = isTcp ? bytes.length : wordAt(bytes, 4);
  if (header > bytes.length || end < header || end > bytes.length) return undefined;
  return {
    kind: isTcp ? "tcp" : "udp",
    source: `${source}:${wordAt(bytes, 0)}`,
    target: `${target}:${wordAt(bytes, 2)}`,
    payload: bytes.subarray(header, end),
    sequence: isTcp ? wordAt(bytes, 4) * 0x1_0000 + wordAt(bytes, 6) : 0,
    begins: isTcp && (bytes[13]! & SYN) !== 0,
  };
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** RFC 5952, without the shortest form of the zeros but the one at the beginning. */
function ipv6Text(bytes: Uint8Array, at: number): string {
  const words = Array.from({ length: 8 }, (_, index) => wordAt(bytes, at + index * 2).toString(16));
  return words.join(":").replace(/^(?:0:)+/, "::");
}
