/**
 * Addresses of links as addresses of packets.
 *
 * A link says `127.0.0.1:4711`, `::1:4711` or, in a simulated network, `client-3:4711`. Names get an
 * address of their own from 10.0.0.0/8, in the order in which they are met, and a name record, so
 * that a reader shows the name. What is seen behind the faults has the same addresses with one bit
 * flipped: two vantage points of one conversation are two conversations to every reader.
 */
import type { Vantage } from "../log/wire-log.ts";

/** An address as bytes (4 or 16 of them), and a port. */
export interface PacketAddress {
  readonly ip: Uint8Array;
  readonly port: number;
}

/** A name that was given an address. */
export interface NamedAddress {
  readonly ip: Uint8Array;
  readonly name: string;
}

const NAMES_MAX = 0xff_ffff;

/** Gives out addresses; the same text has always the same. */
export class Addresses {
  readonly #named = new Map<string, Uint8Array>();
  readonly #onName: (named: NamedAddress) => void;

  /** @param onName is told of every name before an address of it is used */
  constructor(onName: (named: NamedAddress) => void) {
    this.#onName = onName;
  }

  /** The address that a link's text stands for, as seen from a vantage. */
  of(text: string, vantage: Vantage): PacketAddress {
    const cut = text.lastIndexOf(":");
    const host = text.slice(0, Math.max(cut, 0)).replace(/^\[(.*)\]$/, "$1");
    const ip = ipv4Of(host) ?? ipv6Of(host) ?? this.#ofName(host);
    const port = Number(text.slice(cut + 1)) & 0xffff;
    return { ip: vantage === "wire" ? ip : behind(ip), port };
  }

  #ofName(name: string): Uint8Array {
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    const number = Math.min(this.#named.size + 1, NAMES_MAX);
    const ip = Uint8Array.of(10, (number >>> 16) & 0x7f, (number >>> 8) & 0xff, number & 0xff);
    this.#named.set(name, ip);
    this.#onName({ ip, name });
    this.#onName({ ip: behind(ip), name: `${name}.behind-faults` });
    return ip;
  }
}

/** 127.0.0.1 becomes 127.128.0.1, ::1 becomes ::8000:1. */
function behind(ip: Uint8Array): Uint8Array {
  const moved = Uint8Array.from(ip);
  const at = ip.length === 4 ? 1 : 12;
  moved[at] = moved[at]! ^ 0x80;
  return moved;
}

/** The four bytes of an IPv4 literal. */
export function ipv4Of(host: string): Uint8Array | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return undefined;
  const parts = host.split(".").map(Number);
  return parts.every((part) => part <= 255) ? Uint8Array.from(parts) : undefined;
}

/** The sixteen bytes of an IPv6 literal, a zone left out. */
export function ipv6Of(host: string): Uint8Array | undefined {
  const [literal = ""] = host.split("%");
  if (!/^[0-9a-fA-F:.]+$/.test(literal) || !literal.includes(":")) return undefined;
  const mapped = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(literal);
  const tail = mapped === null ? undefined : ipv4Of(mapped[2] ?? "");
  if (mapped !== null && tail === undefined) return undefined;
  const text = tail === undefined ? literal : `${mapped?.[1]}${words(tail).join(":")}`;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], rest = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - rest.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...rest];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return Uint8Array.from(groups.flatMap((group) => splitWord(Number.parseInt(group, 16))));
}

function words(ip: Uint8Array): string[] {
  return [0, 2].map((at) => ((ip[at]! << 8) | ip[at + 1]!).toString(16));
}

function splitWord(word: number): readonly [number, number] {
  return [word >>> 8, word & 0xff];
}
