/**
 * Writes a pcapng file, block by block, to whoever takes its bytes.
 *
 * It knows the file format and nothing of what is captured. Bytes are handed over in pieces of some
 * size, never one block at a time; `flush` hands over the rest. Any prefix that ends with a block
 * is a file of its own.
 */
import { utf8 } from "../text.ts";
import {
  blockBytes,
  blockOf,
  type BlockOption,
  BlockType,
  BYTE_ORDER_MAGIC,
  LINKTYPE_ETHERNET,
  Option,
  padded,
  SECRETS_TLS_KEY_LOG,
  textOption,
} from "./block.ts";

/** Bytes that are gathered before they are handed over. */
const PIECE_BYTES = 262_144;
/** Most bytes a packet may be said to have: none of ours is cut. */
const SNAP_BYTES = 262_144;

/** What a section says of itself. */
export interface SectionInfo {
  readonly application: string;
  readonly comment: string;
}

/** What an interface says of itself. */
export interface InterfaceInfo {
  readonly name: string;
  readonly description: string;
}

/** One packet, link layer first. */
export interface PacketBlock {
  readonly interface: number;
  /** Whole µs since 1970. */
  readonly atUs: number;
  readonly bytes: Uint8Array;
  /** For people; empty: none. */
  readonly comment: string;
}

/** What an interface has counted. */
export interface InterfaceCounts {
  readonly interface: number;
  readonly atUs: number;
  readonly received: number;
  readonly dropped: number;
  readonly comment: string;
}

/** @see module */
export class PcapngWriter {
  readonly #take: (bytes: Uint8Array) => void;
  #pieces: Uint8Array[] = [];
  #pending = 0;
  #bytes = 0;

  /** @param take is given the bytes, in order */
  constructor(take: (bytes: Uint8Array) => void) {
    this.#take = take;
  }

  /** Bytes of all blocks so far, handed over or not. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The section header: first, and once. */
  section({ application, comment }: SectionInfo): void {
    const body = new Uint8Array(16);
    const view = new DataView(body.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, true);
    view.setUint16(4, 1, true);
    // The length of the section is not known: -1.
    body.fill(0xff, 8, 16);
    const options = [textOption(Option.sectionApplication, application)];
    if (comment !== "") options.unshift(textOption(Option.comment, comment));
    this.#put(blockOf(BlockType.section, body, options));
  }

  /** An interface; the first has the number 0. Before its packets. */
  interface({ name, description }: InterfaceInfo): void {
    const body = new Uint8Array(8);
    const view = new DataView(body.buffer);
    view.setUint16(0, LINKTYPE_ETHERNET, true);
    view.setUint32(4, SNAP_BYTES, true);
    const microseconds = { code: Option.interfaceTimeResolution, value: Uint8Array.of(6) };
    this.#put(
      blockOf(BlockType.interface, body, [
        textOption(Option.interfaceName, name),
        textOption(Option.interfaceDescription, description),
        microseconds,
      ]),
    );
  }

  /** How many bytes a name will take. */
  nameBytes(ip: Uint8Array, name: string): number {
    return blockBytes(8 + padded(ip.length + utf8(name).length + 1), []);
  }

  /** A name of an address, of 4 or 16 bytes. */
  name(ip: Uint8Array, name: string): void {
    const text = utf8(name);
    const value = new Uint8Array(ip.length + text.length + 1);
    value.set(ip);
    value.set(text, ip.length);
    const body = new Uint8Array(4 + padded(value.length) + 4);
    const view = new DataView(body.buffer);
    view.setUint16(0, ip.length === 4 ? 1 : 2, true);
    view.setUint16(2, value.length, true);
    body.set(value, 4);
    this.#put(blockOf(BlockType.names, body));
  }

  /** Lines of an NSS key log: what decrypts the packets that follow. */
  secrets(lines: string): void {
    const text = utf8(lines);
    const body = new Uint8Array(8 + text.length);
    const view = new DataView(body.buffer);
    view.setUint32(0, SECRETS_TLS_KEY_LOG, true);
    view.setUint32(4, text.length, true);
    body.set(text, 8);
    this.#put(blockOf(BlockType.secrets, body));
  }

  /** How many bytes a packet of that size will take. */
  packetBytes(bytes: number, comment: string): number {
    return blockBytes(20 + bytes, commentOf(comment));
  }

  packet({ interface: number, atUs, bytes, comment }: PacketBlock): void {
    const body = new Uint8Array(20 + bytes.length);
    const view = new DataView(body.buffer);
    view.setUint32(0, number, true);
    writeTime(view, 4, atUs);
    view.setUint32(12, bytes.length, true);
    view.setUint32(16, bytes.length, true);
    body.set(bytes, 20);
    this.#put(blockOf(BlockType.packet, body, commentOf(comment)));
  }

  /** What an interface has counted: last. */
  statistics(counts: InterfaceCounts): void {
    const body = new Uint8Array(12);
    const view = new DataView(body.buffer);
    view.setUint32(0, counts.interface, true);
    writeTime(view, 4, counts.atUs);
    this.#put(
      blockOf(BlockType.statistics, body, [
        ...commentOf(counts.comment),
        { code: Option.statisticsReceived, value: uint64(counts.received) },
        { code: Option.statisticsDropped, value: uint64(counts.dropped) },
      ]),
    );
  }

  /** Hands over what is left. */
  flush(): void {
    if (this.#pending === 0) return;
    const piece = new Uint8Array(this.#pending);
    let at = 0;
    for (const bytes of this.#pieces) {
      piece.set(bytes, at);
      at += bytes.length;
    }
    this.#pieces = [];
    this.#pending = 0;
    this.#take(piece);
  }

  #put(block: Uint8Array): void {
    this.#pieces.push(block);
    this.#pending += block.length;
    this.#bytes += block.length;
    if (this.#pending >= PIECE_BYTES) this.flush();
  }
}

function commentOf(comment: string): BlockOption[] {
  return comment === "" ? [] : [textOption(Option.comment, comment)];
}

/** A time in two halves, high first. */
function writeTime(view: DataView, at: number, atUs: number): void {
  view.setUint32(at, Math.floor(atUs / 0x1_0000_0000), true);
  view.setUint32(at + 4, atUs % 0x1_0000_0000, true);
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, value % 0x1_0000_0000, true);
  view.setUint32(4, Math.floor(value / 0x1_0000_0000), true);
  return bytes;
}
