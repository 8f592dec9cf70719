/**
 * The log of a tap: how what wires carried is kept until the capture is made.
 *
 * While a run goes on, each event costs one copy into a chunk and nothing else: headers, checksums
 * and comments are made afterwards (build/), so that the run is disturbed as little as can be.
 * A record never crosses the end of a chunk. Little-endian:
 *
 *   offset  size  field
 *        0     1  what (see What)
 *        1     3  zero
 *        4     4  wire, counted from 0 in its log
 *        8     8  time, an IEEE double: µs
 *       16     4  length of what follows
 *       20     n  bytes; of `open` the vantage, kind, role, startedUs and both addresses
 */

/** Size of a record before its bytes. */
export const RECORD_HEADER_BYTES = 20;

/** What a record tells. */
export const What = {
  open: 1,
  sent: 2,
  received: 3,
  endedLocal: 4,
  endedRemote: 5,
  resetLocal: 6,
  resetRemote: 7,
  keyLog: 8,
} as const;
export type What = (typeof What)[keyof typeof What];

/** One record, its bytes a view into the chunk. */
export interface LogRecord {
  readonly what: What;
  readonly wire: number;
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

/** The records of one chunk, in order. @throws RangeError where the bytes are no such chunk */
export function* recordsOf(chunk: Uint8Array): Generator<LogRecord> {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
  for (let at = 0; at < chunk.length;) {
    const bytesAt = at + RECORD_HEADER_BYTES;
    const end = bytesAt + view.getUint32(at + 16, true);
    if (end > chunk.length) throw new RangeError("Cannot read a wire log: a record is cut off");
    yield {
      what: view.getUint8(at) as What,
      wire: view.getUint32(at + 4, true),
      atUs: view.getFloat64(at + 8, true),
      bytes: chunk.subarray(bytesAt, end),
    };
    at = end;
  }
}
