/**
 * The parts of a pcapng file: block types, option codes, and how a block is laid out.
 *
 * draft-ietf-opsawg-pcapng. Everything is little-endian, as the section header's magic says. A block:
 *
 *   offset  size  field
 *        0     4  type
 *        4     4  total length, this field, the type and the trailer included
 *        8     n  body: fixed fields, then options, each padded to four bytes
 *      8+n     4  total length again
 */
import { utf8Within } from "../text.ts";

/** Types of the blocks that are written; readers skip what they do not know. */
export const BlockType = {
  section: 0x0a0d_0d0a,
  interface: 1,
  names: 4,
  statistics: 5,
  packet: 6,
  secrets: 10,
} as const;

/** The section header's magic, in the file's own byte order. */
export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
/** Ethernet, in the registry of link types. */
export const LINKTYPE_ETHERNET = 1;
/** "TLSK": the secrets are lines of an NSS key log. */
export const SECRETS_TLS_KEY_LOG = 0x544c_534b;

/** Option codes, by block. */
export const Option = {
  end: 0,
  comment: 1,
  sectionApplication: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  interfaceTimeResolution: 9,
  packetFlags: 2,
  statisticsDropped: 5,
  statisticsReceived: 4,
} as const;

/** Longest text of an option, in bytes: comments are for people. */
export const TEXT_BYTES_MAX = 1_000;

/** One option of a block. */
export interface BlockOption {
  readonly code: number;
  readonly value: Uint8Array;
}

/** An option that holds text. */
export function textOption(code: number, text: string): BlockOption {
  return { code, value: utf8Within(text, TEXT_BYTES_MAX) };
}

/** A whole block. */
export function blockOf(
  type: number,
  body: Uint8Array,
  options: readonly BlockOption[] = [],
): Uint8Array {
  const length = blockBytes(body.length, options);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(body, 8);
  let at = 8 + padded(body.length);
  for (const { code, value } of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  // The end of the options is four bytes of zero, which are there.
  view.setUint32(length - 4, length, true);
  return bytes;
}

/** How long a block is, in bytes. */
export function blockBytes(bodyBytes: number, options: readonly BlockOption[]): number {
  const optionBytes = options.reduce((sum, { value }) => sum + 4 + padded(value.length), 0);
  return 12 + padded(bodyBytes) + (options.length === 0 ? 0 : optionBytes + 4);
}

/** A length rounded up to four. */
export function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}
