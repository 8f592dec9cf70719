/**
 * Turns a peer away that may not come in: its first request is answered `unauthenticated`, nothing is
 * executed, and the connection ends.
 *
 * TLS 1.3 lets a client believe that it is in before its certificate was looked at, and the engine
 * has no way to send an alert of our choice; so the protocol says it. How long a peer may take, and how
 * many may be on their way out, is seen to at the door (tls.ts).
 */
import type { TLSSocket } from "node:tls";
import {
  encodeFrame,
  FrameDecoder,
  FrameType,
  isRefusal,
  RETRY_AFTER_STOP,
  StatusCode,
} from "@faultline/protocol";
import type { Wire } from "@faultline/tls";

/** Bytes that a peer may send before it is dropped: a small request. */
const BYTES_MAX = 65_536;

/** Answers one request, and ends. */
export function turnAway(socket: TLSSocket, wire: Wire): void {
  const decoder = new FrameDecoder({ payloadBytesMax: BYTES_MAX });
  let bytesIn = 0;
  socket.on("error", () => wire.destroy());
  wire.on("error", () => {});
  wire.once("close", () => socket.destroy());
  socket.on("end", () => socket.end());
  socket.on("data", (bytes: Uint8Array) => {
    bytesIn += bytes.length;
    if (bytesIn > 2 * BYTES_MAX) wire.reset();
    if (socket.writableEnded) return;
    decoder.push(bytes);
    const frame = decoder.next();
    decoder.settle();
    if (frame === undefined) return;
    if (!isRefusal(frame) && frame.type === FrameType.data) {
      socket.write(
        encodeFrame({
          ...frame,
          type: FrameType.error,
          status: StatusCode.unauthenticated,
          flags: 0,
          remainingMs: RETRY_AFTER_STOP,
          payload: new Uint8Array(0),
        }),
      );
    }
    socket.end();
  });
}
