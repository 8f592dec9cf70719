/**
 * Reads a pcapng file: its packets with their interface, time and comment.
 *
 * Ours and anybody's: both byte orders, any resolution of time, several sections; blocks of other
 * kinds are passed over. Nothing is believed before it was checked against the length of the file,
 * and what is wrong is said with its offset. Blocks tell their own length, so any beginning of a file
 * can be read: what was being written when somebody pulled the plug, too.
 */
import { BlockType, BYTE_ORDER_MAGIC, Option } from "../pcapng/block.ts";
import { textOf } from "../text.ts";
import { type CaptureSource, sourceOf } from "./source.ts";

/** A file that cannot be read, or not to its end. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  /** `cut-off`: it ends within a block, and all before it is sound. */
  readonly code: "not-pcapng" | "cut-off" | "damaged";
  /** Where in the file, in bytes. */
  readonly offset: number;

  constructor(code: CaptureError["code"], offset: number, message: string) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** What a file says of an interface. */
export interface ReadInterface {
  readonly name: string;
  readonly description: string;
  readonly linkType: number;
  /** Units of its times in a second. */
  readonly perSecond: number;
}

/** One packet of a file. */
export interface ReadPacket {
  /** From 1, as every tool counts. */
  readonly number: number;
  readonly interface: ReadInterface;
  /** Seconds since 1970. */
  readonly atSeconds: number;
  readonly bytes: Uint8Array;
  readonly comment: string;
}

/** What other files begin with, and what is to be done with them. */
const OTHERS: readonly (readonly [readonly number[], string])[] = [
  ...[0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1].map((magic) => {
    const bytes = [magic >>> 24, (magic >>> 16) & 255, (magic >>> 8) & 255, magic & 255];
    return [bytes, "it is a pcap file: editcap -F pcapng makes a pcapng file of it"] as const;
  }),
  [[0x1f, 0x8b], "it is compressed: gunzip it first"],
  [[0x28, 0xb5, 0x2f, 0xfd], "it is compressed: unzstd it first"],
  [[0x04, 0x22, 0x4d, 0x18], "it is compressed: unlz4 it first"],
  [[0x50, 0x4b, 0x03, 0x04], "it is compressed: unzip it first"],
];
const MICROSECONDS = 1_000_000;
const BLOCK_BYTES_MIN = 12;
const SECTION_BYTES_MIN = 28;
/** Largest block that is read, as in Wireshark: others are passed over unread, and may be larger. */
const BLOCK_BYTES_MAX = 16_777_216;
/** Most interfaces of a section: far more than any tool has written. */
const INTERFACES_MAX = 65_536;

/**
 * The packets of a file, in its order. Of a file that is not in memory one block is held at a time.
 *
 * @param seen is told how many blocks of secrets there are
 * @throws CaptureError when it comes to what it cannot read
 */
export function* packetsOf(
  file: Uint8Array | CaptureSource,
  seen: { secrets: number } = { secrets: 0 },
): Generator<ReadPacket> {
  const source = sourceOf(file);
  refuseOthers(source);
  let little = true;
  let interfaces: ReadInterface[] = [];
  let number = 0;
  for (let at = 0; at < source.length;) {
    if (source.length - at < BLOCK_BYTES_MIN) throw cutOff(at, "a block");
    const type = wordAt(source, at, little);
    if (type === BlockType.section) {
      little = isLittle(source, at);
      interfaces = [];
    }
    const length = lengthAt(source, at, little);
    if (type === BlockType.interface || type === BlockType.packet) {
      const block = blockAt({ source, at, little, length });
      if (type === BlockType.packet) yield packetOf(block, interfaces, ++number);
      else if (interfaces.push(interfaceOf(block)) > INTERFACES_MAX) {
        throw new CaptureError("damaged", at, `more than ${INTERFACES_MAX} interfaces`);
      }
    }
    if (type === BlockType.secrets) seen.secrets++;
    at += length;
  }
}

/** A whole block. */
interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where it begins in the file. */
  readonly at: number;
  readonly little: boolean;
  readonly length: number;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function wordAt(source: CaptureSource, at: number, little: boolean): number {
  const bytes = source.read(at, 4);
  // The file may have become shorter since.
  if (bytes.length < 4) throw cutOff(at, "a block");
  return viewOf(bytes).getUint32(0, little);
}

function refuseOthers(source: CaptureSource): void {
  const start = source.read(0, 4);
  if (start.length === 4 && viewOf(start).getUint32(0) === BlockType.section) return;
  const other = OTHERS.find(([magic]) => magic.every((byte, at) => start[at] === byte));
  const unknown = "it does not begin with a section header, 0A 0D 0D 0A";
  const why = source.length === 0 ? "the file is empty" : (other?.[1] ?? unknown);
  throw new CaptureError("not-pcapng", 0, why);
}

function isLittle(source: CaptureSource, at: number): boolean {
  const little = wordAt(source, at + 8, true) === BYTE_ORDER_MAGIC;
  if (!little && wordAt(source, at + 8, false) !== BYTE_ORDER_MAGIC) {
    throw new CaptureError("damaged", at + 8, "a section without its byte order, 1A 2B 3C 4D");
  }
  const length = lengthAt(source, at, little);
  if (length < SECTION_BYTES_MIN) {
    throw new CaptureError("damaged", at + 4, `a section says that it has ${length} bytes`);
  }
  return little;
}

/** The length of a block, which is said twice. */
function lengthAt(source: CaptureSource, at: number, little: boolean): number {
  const length = wordAt(source, at + 4, little);
  if (length < BLOCK_BYTES_MIN || length % 4 !== 0) {
    throw new CaptureError("damaged", at + 4, `a block says that it has ${length} bytes`);
  }
  if (length > source.length - at) throw cutOff(at, `a block of ${length} bytes`);
  if (wordAt(source, at + length - 4, little) !== length) {
    throw new CaptureError("damaged", at + length - 4, "the two lengths of a block differ");
  }
  return length;
}

function blockAt(where: Omit<Block, "bytes" | "view"> & { source: CaptureSource }): Block {
  const { source, at, little, length } = where;
  if (length > BLOCK_BYTES_MAX) {
    throw new CaptureError("damaged", at + 4, `a block says that it has ${length} bytes`);
  }
  const bytes = source.read(at, length);
  if (bytes.length < length) throw cutOff(at, `a block of ${length} bytes`);
  return { bytes, view: viewOf(bytes), at, little, length };
}

function cutOff(at: number, what: string): CaptureError {
  return new CaptureError("cut-off", at, `the file ends within ${what}`);
}

function interfaceOf(block: Block): ReadInterface {
  const { view, at, little, length } = block;
  if (length < 20) throw new CaptureError("damaged", at, "an interface without its fields");
  const options = optionsOf(block, 16);
  const resolution = options.get(Option.interfaceTimeResolution)?.[0] ?? 6;
  const exponent = resolution & 0x7f;
  return {
    name: textOf(options.get(Option.interfaceName) ?? new Uint8Array(0)),
    description: textOf(options.get(Option.interfaceDescription) ?? new Uint8Array(0)),
    linkType: view.getUint16(8, little),
    perSecond: resolution > 0x7f ? 2 ** exponent : Number(`1e${exponent}`),
  };
}

function packetOf(block: Block, interfaces: readonly ReadInterface[], number: number): ReadPacket {
  const { bytes, view, at, little, length } = block;
  if (length < 32) throw new CaptureError("damaged", at, "a packet without its fields");
  const which = view.getUint32(8, little);
  const owner = interfaces[which];
  if (owner === undefined) {
    throw new CaptureError("damaged", at + 8, `a packet of interface ${which}, which is not there`);
  }
  const size = view.getUint32(20, little);
  if (size > length - 32) {
    throw new CaptureError("damaged", at + 20, `a packet of ${size} bytes in a block of ${length}`);
  }
  const units = view.getUint32(12, little) * 2 ** 32 + view.getUint32(16, little);
  const options = optionsOf(block, 28 + ((size + 3) & ~3));
  return {
    number,
    interface: owner,
    atSeconds: Math.round((units / owner.perSecond) * MICROSECONDS) / MICROSECONDS,
    bytes: bytes.subarray(28, 28 + size),
    comment: textOf(options.get(Option.comment) ?? new Uint8Array(0)),
  };
}

/** The first of each option. */
function optionsOf({ bytes, view, at, little, length }: Block, from: number) {
  const options = new Map<number, Uint8Array>();
  const end = length - 4;
  for (let place = from; place + 4 <= end;) {
    const code = view.getUint16(place, little);
    const size = view.getUint16(place + 2, little);
    if (code === Option.end) break;
    if (size > end - place - 4) {
      throw new CaptureError("damaged", at + place, "an option ends after its block");
    }
    if (!options.has(code)) options.set(code, bytes.subarray(place + 4, place + 4 + size));
    place += 4 + ((size + 3) & ~3);
  }
  return options;
}
