/**
 * The baseline for many in flight: the shortest loop we know that frames, checks and echoes.
 *
 * Wire: 4 bytes length, 4 bytes CRC-32C of the payload, payload. It has no sessions, attempts,
 * limits, timeouts or retries; it is what somebody writes who needs none of them.
 */
import { crc32c } from "@faultline/protocol";

const HEADER_BYTES = 8;

/** Calls `each` for every whole frame and returns a feeder for stream chunks. */
export function readFrames(
  each: (frame: Uint8Array) => void,
  flush: () => void,
): (chunk: Uint8Array) => void {
  let rest: Uint8Array = new Uint8Array(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + view.getUint32(at);
      if (end > bytes.length) break;
      if (crc32c(bytes, at + HEADER_BYTES, end) !== view.getUint32(at + 4))
        throw new Error("damaged");
      each(bytes.subarray(at, end));
      at = end;
    }
    rest = bytes.slice(at);
    flush();
  };
}

/** Echoes every frame, all replies of one chunk in one write. */
export function echoFrames(write: (bytes: Uint8Array) => void): (chunk: Uint8Array) => void {
  let replies: Uint8Array[] = [];
  return readFrames(
    (frame) => {
      const reply = makeFrame(frame.subarray(HEADER_BYTES));
      replies.push(reply);
    },
    () => {
      if (replies.length > 0) write(Buffer.concat(replies));
      replies = [];
    },
  );
}

/** One frame around a payload. */
export function makeFrame(payload: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt32BE(crc32c(payload, 0, payload.length), 4);
  frame.set(payload, HEADER_BYTES);
  return frame;
}
