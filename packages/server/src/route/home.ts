/**
 * Which worker a session is at home on, read off the first bytes it sends.
 *
 * All state of a session (reply cache, faults, counts) lives on one thread, so that nothing is
 * shared and nothing depends on which worker the operating system gave the connection to. The
 * header is believed only after its checksum, as anywhere.
 */
import type { SessionId } from "@faultline/protocol";
import { crc32c, FRAME_HEADER_BYTES, FRAME_MAGIC } from "@faultline/protocol";

/** What the header's own CRC covers; it stands right behind. */
const COVERED_BYTES = 36;
const SESSION_AT = 12;

/** The worker, 0 … workers-1, that owns the session. */
export function homeOf(session: SessionId, workers: number): number {
  const mixed = Math.imul(session.high ^ (session.low >>> 15), 0x85ebca6b) ^ session.low;
  const spread = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((spread ^ (spread >>> 16)) >>> 0) % workers;
}

/** The session of the frame that begins here; undefined where its header is short or damaged. */
export function peekSession(bytes: Uint8Array): SessionId | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  if (view.getUint16(0) !== FRAME_MAGIC) return undefined;
  if (view.getUint32(COVERED_BYTES) !== crc32c(bytes, 0, COVERED_BYTES)) return undefined;
  return { high: view.getUint32(SESSION_AT), low: view.getUint32(SESSION_AT + 4) };
}
