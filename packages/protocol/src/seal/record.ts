/**
 * The records of a sealed link: their wire table, and headers in and out.
 *
 * Ours, and labelled as ours: this is neither TLS nor DTLS, though its parts are theirs. On datagrams
 * a record is a datagram; on a stream records follow each other. All integers are big-endian.
 *
 *   offset  size  field
 *        0     2  magic 0xFA 0x5E
 *        2     1  version, 1
 *        3     1  type (see RecordType)
 *        4     4  bytes that follow the header
 *        8     4  epoch: which keys; 0 in a handshake
 *       12     8  sequence: counts the records of the direction, from 0; 0 in a handshake
 *       20     n  ready, data, end: ciphertext and tag of 16 bytes; hello, welcome: see handshake.ts;
 *                 alert: one byte, why
 *
 * Of ready, data and end, the 20 bytes of the header are authenticated as associated data, and the nonce
 * is the direction's IV xor the sequence (RFC 8446 section 5.3). Ready and end are empty: the one is a
 * client's first, the other says that the end of the stream behind it is true.
 */
import { readUint32, writeUint32 } from "../checksum/checksum.ts";

/** The first two bytes of every record: no frame and no text begins with them. */
export const SEAL_MAGIC = 0xfa5e;
/** The version of the wire table above. */
export const SEAL_VERSION = 1;
/** Size of a record's header. */
export const RECORD_HEADER_BYTES = 20;
/** What sealing adds to a datagram: header and tag. */
export const SEAL_OVERHEAD_BYTES = 36;
/** Most plain bytes in one record of a stream; more are cut up. */
export const RECORD_BYTES_MAX = 65_536;

/** What a record is for. */
export const RecordType = { hello: 1, welcome: 2, ready: 3, data: 4, end: 5, alert: 6 } as const;
/** @see RecordType */
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/** Why a server refuses a handshake, as the byte of an alert. Only streams are told. */
export const AlertCode = { notAuthentic: 1, unknownKey: 2, unknownCipher: 3 } as const;
/** @see AlertCode */
export type AlertCode = (typeof AlertCode)[keyof typeof AlertCode];

/** What a header says. */
export interface RecordHeader {
  readonly type: RecordType;
  /** That follow the header. */
  readonly bytes: number;
  readonly epoch: number;
  readonly sequence: number;
}

/** The highest half of a sequence: 2^53-1 has 21 bits above the low 32. */
const SEQUENCE_HIGH_MAX = 0x1f_ffff;

/** Writes a header at the beginning of `record`. */
export function writeRecordHeader(record: Uint8Array, header: RecordHeader): void {
  record[0] = SEAL_MAGIC >>> 8;
  record[1] = SEAL_MAGIC & 0xff;
  record[2] = SEAL_VERSION;
  record[3] = header.type;
  writeUint32(record, 4, header.bytes);
  writeUint32(record, 8, header.epoch);
  writeUint32(record, 12, Math.floor(header.sequence / 0x1_0000_0000));
  writeUint32(record, 16, header.sequence >>> 0);
}

/** The header at the beginning of `bytes`; undefined where none can stand there. */
export function readRecordHeader(bytes: Uint8Array): RecordHeader | undefined {
  if (bytes.length < RECORD_HEADER_BYTES || !isSealed(bytes)) return undefined;
  const type = bytes[3]!;
  if (bytes[2] !== SEAL_VERSION || type < RecordType.hello || type > RecordType.alert) {
    return undefined;
  }
  const sequenceHigh = readUint32(bytes, 12);
  if (sequenceHigh > SEQUENCE_HIGH_MAX) return undefined;
  return {
    type: type as RecordType,
    bytes: readUint32(bytes, 4),
    epoch: readUint32(bytes, 8),
    sequence: sequenceHigh * 0x1_0000_0000 + readUint32(bytes, 16),
  };
}

/** Whether the bytes begin like a record; two are enough. */
export function isSealed(bytes: Uint8Array): boolean {
  return bytes[0] === SEAL_MAGIC >>> 8 && bytes[1] === (SEAL_MAGIC & 0xff);
}

/** A handshake's or alert's record around a body. */
export function plainRecord(type: RecordType, body: Uint8Array): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER_BYTES + body.length);
  writeRecordHeader(record, { type, bytes: body.length, epoch: 0, sequence: 0 });
  record.set(body, RECORD_HEADER_BYTES);
  return record;
}

/** The alert of that code. */
export function alertRecord(code: AlertCode): Uint8Array {
  return plainRecord(RecordType.alert, Uint8Array.of(code));
}
