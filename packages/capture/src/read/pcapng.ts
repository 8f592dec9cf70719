/**
 * Reads a pcapng file: its packets with their interface, time and comment.
 *
 * Ours and anybody's: both byte orders, any resolution of time, several sections; blocks of other
 * kinds are passed over. Nothing is believed before it was checked against the length of the file,
 * and what is wrong is said with its offset.
 */
import { textOf } from "../text.ts";
import { BlockType, BYTE_ORDER_MAGIC, Option } from "../pcapng/block.ts";

/** A file that cannot be read, or not to its end. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  readonly code: "not-pcapng" | "damaged";
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

/** pcap files of before, in both byte orders and both resolutions. */
const PCAP_MAGICS = [0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1];
const MICROSECONDS = 1_000_000;
const BLOCK_BYTES_MIN = 12;

/** The packets of a file, in its order. @throws CaptureError when it comes to what it cannot read */
export function* packetsOf(file: Uint8Array): Generator<ReadPacket> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  refuseOthers(file, view);
  let little = true;
  let interfaces: ReadInterface[] = [];
  let number = 0;
  for (let at = 0; at < file.length;) {
    if (file.length - at < BLOCK_BYTES_MIN) throw cutOff(at, "a block");
    const type = view.getUint32(at, little);
    if (type === BlockType.section) {
      little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      interfaces = [];
    }
    const block = blockAt({ file, view, at, little });
    if (type === BlockType.interface) interfaces.push(interfaceOf(block));
    if (type === BlockType.packet) yield packetOf(block, interfaces, ++number);
    at += block.length;
  }
}

interface Block {
  readonly file: Uint8Array;
  readonly view: DataView;
  readonly at: number;
  readonly little: boolean;
}

function refuseOthers(file: Uint8Array, view: DataView): void {
  const magic = file.length < 4 ? 0 : view.getUint32(0);
  if (magic === BlockType.section) return;
  const why = PCAP_MAGICS.includes(magic)
    ? "it is a pcap file: editcap -F pcapng makes a pcapng file of it"
    : "it does not begin with a section header, 0A 0D 0D 0A";
  throw new CaptureError("not-pcapng", 0, why);
}

/** A block whose length is sound. */
function blockAt(block: Block): Block & { readonly length: number } {
  const { file, view, at, little } = block;
  const length = view.getUint32(at + 4, little);
  if (length < BLOCK_BYTES_MIN || length % 4 !== 0) {
    throw new CaptureError("damaged", at + 4, `a block says that it has ${length} bytes`);
  }
  if (length > file.length - at) throw cutOff(at, `a block of ${length} bytes`);
  if (view.getUint32(at + length - 4, little) !== length) {
    throw new CaptureError("damaged", at + length - 4, "the two lengths of a block differ");
  }
  return { ...block, length };
}

function cutOff(at: number, what: string): CaptureError {
  return new CaptureError("damaged", at, `the file ends within ${what}`);
}

function interfaceOf(block: Block & { readonly length: number }): ReadInterface {
  const { view, at, little, length } = block;
  if (length < 20) throw new CaptureError("damaged", at, "an interface without its fields");
  const options = optionsOf(block, at + 16);
  const resolution = options.get(Option.interfaceTimeResolution)?.[0] ?? 6;
  const exponent = resolution & 0x7f;
  return {
    name: textOf(options.get(Option.interfaceName) ?? new Uint8Array(0)),
    description: textOf(options.get(Option.interfaceDescription) ?? new Uint8Array(0)),
    linkType: view.getUint16(at + 8, little),
    perSecond: resolution > 0x7f ? 2 ** exponent : Number(`1e${exponent}`),
  };
}

function packetOf(
  block: Block & { readonly length: number },
  interfaces: readonly ReadInterface[],
  number: number,
): ReadPacket {
  const { file, view, at, little, length } = block;
  if (length < 32) throw new CaptureError("damaged", at, "a packet without its fields");
  const which = view.getUint32(at + 8, little);
  const owner = interfaces[which];
  if (owner === undefined) {
    throw new CaptureError("damaged", at + 8, `a packet of interface ${which}, which is not there`);
  }
  const size = view.getUint32(at + 20, little);
  if (size > length - 32) {
    throw new CaptureError("damaged", at + 20, `a packet of ${size} bytes in a block of ${length}`);
  }
  const units = view.getUint32(at + 12, little) * 2 ** 32 + view.getUint32(at + 16, little);
  const options = optionsOf(block, at + 28 + ((size + 3) & ~3));
  return {
    number,
    interface: owner,
    atSeconds: Math.round((units / owner.perSecond) * MICROSECONDS) / MICROSECONDS,
    bytes: file.subarray(at + 28, at + 28 + size),
    comment: textOf(options.get(Option.comment) ?? new Uint8Array(0)),
  };
}

/** The first of each option. */
function optionsOf(
  block: Block & { readonly length: number },
  from: number,
): Map<number, Uint8Array> {
  const { file, view, at: blockAtOffset, little, length } = block;
  const options = new Map<number, Uint8Array>();
  const end = blockAtOffset + length - 4;
  for (let at = from; at + 4 <= end;) {
    const code = view.getUint16(at, little);
    const size = view.getUint16(at + 2, little);
    if (code === Option.end) break;
    if (size > end - at - 4)
      throw new CaptureError("damaged", at, "an option ends after its block");
    if (!options.has(code)) options.set(code, file.subarray(at + 4, at + 4 + size));
    at += 4 + ((size + 3) & ~3);
  }
  return options;
}
