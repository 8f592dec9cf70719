/**
 * Reads a header in place, in an order that believes nothing too early.
 *
 * Magic and version first (they say whether the rest can be read at all), then the header's own
 * CRC-32C, and only then the fields, the length among them. Offsets are those of the wire table
 * in frame.ts. Byte shifts instead of a DataView: no object per frame, and faster.
 */
import { checksumsByCode } from "./checksum/catalogue.ts";
import type { FrameKeys } from "./checksum/checksum.ts";
import { HEADER_COVERED_BYTES, readUint32 } from "./checksum/checksum.ts";
import { crc32c } from "./checksum/crc32c.ts";
import type { ChecksumName, Frame, FrameHeader, FrameLimits } from "./frame.ts";
import {
  FRAME_HEADER_BYTES,
  FRAME_LIMITS_DEFAULT,
  FRAME_MAGIC,
  FRAME_VERSION,
  FrameType,
  StatusCode,
} from "./frame.ts";
import { LIFE_ANY } from "./life.ts";
import type { Refusal } from "./refusal.ts";
import { refuse } from "./refusal.ts";

/** Flag bits that have a meaning. */
export const FLAGS_KNOWN = 0x01;
/** The highest half of an operation id: 2^53-1 has 21 bits above the low 32. */
const OPERATION_HIGH_MAX = 0x1f_ffff;

/** Limits with every default filled in. */
export function frameLimits(limits: Partial<FrameLimits> | undefined): FrameLimits {
  const { payloadBytesMax = FRAME_LIMITS_DEFAULT.payloadBytesMax, checksum, keys } = limits ?? {};
  if (!Number.isSafeInteger(payloadBytesMax) || payloadBytesMax < 0) {
    throw new RangeError(
      `Cannot decode frames as "payloadBytesMax" must be an integer of at least 0: got ${payloadBytesMax}`,
    );
  }
  return { payloadBytesMax, checksum, keys };
}

/** Whether the first bytes, however few, already rule a frame out. */
export function checkStart(buffer: Uint8Array, at: number, end: number): Refusal | undefined {
  if (
    (at < end && buffer[at] !== FRAME_MAGIC >>> 8) ||
    (at + 1 < end && buffer[at + 1] !== (FRAME_MAGIC & 0xff))
  ) {
    return refuse("bad-magic", "The bytes do not begin with FA 17.");
  }
  if (at + 2 < end && buffer[at + 2] !== FRAME_VERSION) {
    return refuse("bad-version", `Version ${buffer[at + 2]} is not spoken here.`);
  }
  return undefined;
}

/** Checks the 40 bytes at `at`; undefined means that every field can be believed. */
export function checkHeader(
  buffer: Uint8Array,
  at: number,
  limits: FrameLimits,
): Refusal | undefined {
  const refusal = checkStart(buffer, at, at + 3);
  if (refusal !== undefined) return refusal;
  const crcAt = at + HEADER_COVERED_BYTES;
  if (crc32c(buffer, at, crcAt) !== readUint32(buffer, crcAt)) {
    return refuse("header-damaged", "The header does not fit its CRC-32C.");
  }
  return checkFields(buffer, at, limits);
}

function checkFields(buffer: Uint8Array, at: number, limits: FrameLimits): Refusal | undefined {
  const type = buffer[at + 3]!;
  if (type < FrameType.hello || type > FrameType.goodbye) {
    return refuse("bad-type", `Type ${type} does not exist.`);
  }
  const checksum = checksumsByCode[buffer[at + 4]!];
  if (checksum === undefined) {
    return refuse("bad-checksum-kind", `Checksum kind ${buffer[at + 4]} does not exist.`);
  }
  if ((buffer[at + 5]! & ~FLAGS_KNOWN) !== 0) {
    return refuse("bad-flags", `Flags ${buffer[at + 5]} hold a bit without meaning.`);
  }
  const status = (buffer[at + 6]! << 8) | buffer[at + 7]!;
  if (!statusFits(type, status)) {
    return refuse("bad-status", `Status ${status} does not go with type ${type}.`);
  }
  if (readUint32(buffer, at + 20) > OPERATION_HIGH_MAX) {
    return refuse("bad-operation", "The operation id is above 2^53-1.");
  }
  if (checksum.keyed && limits.keys === undefined) {
    const message = `A frame came that is signed with ${checksum.name}, and no key is known.`;
    return refuse("no-key", message, readHeader(buffer, at));
  }
  if (readUint32(buffer, at + 8) > limits.payloadBytesMax) {
    const bytes = readUint32(buffer, at + 8);
    const message = `A payload of ${bytes} bytes is above the limit of ${limits.payloadBytesMax}.`;
    return refuse("payload-too-large", message, readHeader(buffer, at));
  }
  if (limits.checksum !== undefined && checksum.name !== limits.checksum) {
    const message = `A frame with ${checksum.name} came where ${limits.checksum} was agreed.`;
    return refuse("wrong-checksum", message, readHeader(buffer, at));
  }
  return undefined;
}

/** An error reply has a reason of the list; a ping and a goodbye have nothing to say. */
export function statusFits(type: number, status: number | undefined = 0): boolean {
  if (type === FrameType.error) {
    return status > StatusCode.ok && status <= StatusCode.unauthenticated;
  }
  const isSilent = type === FrameType.ping || type === FrameType.goodbye;
  return status >>> 0 === status && status <= (isSilent ? 0 : LIFE_ANY);
}

/** Size of the whole frame whose checked header stands at `at`. */
export function frameBytesAt(buffer: Uint8Array, at: number): number {
  const trailerBytes = checksumsByCode[buffer[at + 4]!]!.bytes;
  return FRAME_HEADER_BYTES + readUint32(buffer, at + 8) + trailerBytes;
}

/** The fields of a checked header. */
export function readHeader(buffer: Uint8Array, at: number): FrameHeader {
  const status = (buffer[at + 6]! << 8) | buffer[at + 7]!;
  const isError = buffer[at + 3] === FrameType.error;
  return {
    type: buffer[at + 3]! as FrameType,
    checksum: checksumNameAt(buffer, at),
    flags: buffer[at + 5]!,
    status: isError ? status : StatusCode.ok,
    life: isError || status === 0 ? undefined : status,
    session: { high: readUint32(buffer, at + 12), low: readUint32(buffer, at + 16) },
    operation: readUint32(buffer, at + 20) * 0x1_0000_0000 + readUint32(buffer, at + 24),
    attempt: readUint32(buffer, at + 28),
    remainingMs: readUint32(buffer, at + 32),
    payloadBytes: readUint32(buffer, at + 8),
  };
}

/**
 * The frame in `buffer[at, at + bytes)`, its header checked, or a refusal if its trailer does not
 * fit. Written out beside `readHeader`, since this literal runs once for every frame.
 */
export function readFrame(
  buffer: Uint8Array,
  at: number,
  bytes: number,
  keys: FrameKeys | undefined,
): Frame | Refusal {
  const checksum = checksumsByCode[buffer[at + 4]!]!;
  const payloadAt = at + FRAME_HEADER_BYTES;
  const end = at + bytes - checksum.bytes;
  if (!checksum.verify(buffer, at, end, keys)) {
    const orKey = checksum.keyed ? ", or its signer has another key" : "";
    const message = `The payload does not fit its ${checksum.name}${orKey}.`;
    return refuse("payload-damaged", message, readHeader(buffer, at));
  }
  const status = (buffer[at + 6]! << 8) | buffer[at + 7]!;
  const isError = buffer[at + 3] === FrameType.error;
  return {
    type: buffer[at + 3]! as FrameType,
    checksum: checksum.name,
    flags: buffer[at + 5]!,
    status: isError ? status : StatusCode.ok,
    life: isError || status === 0 ? undefined : status,
    session: { high: readUint32(buffer, at + 12), low: readUint32(buffer, at + 16) },
    operation: readUint32(buffer, at + 20) * 0x1_0000_0000 + readUint32(buffer, at + 24),
    attempt: readUint32(buffer, at + 28),
    remainingMs: readUint32(buffer, at + 32),
    payload: viewOf(buffer, payloadAt, end),
  };
}

/** A plain Uint8Array over the bytes, even where `buffer` is a subclass such as Node's Buffer. */
export function viewOf(buffer: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start);
}

function checksumNameAt(buffer: Uint8Array, at: number): ChecksumName {
  return checksumsByCode[buffer[at + 4]!]!.name;
}
