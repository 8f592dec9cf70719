/**
 * The codec alone: frames of 64 bytes encoded, decoded and checked a second, on one core.
 */
import { encodeFrame, FrameDecoder, FrameType, isRefusal } from "@faultline/protocol";

import { type BenchCase, ratePerSecond } from "./case.ts";
import { makeFrame, readFrames } from "./hand-written.ts";

const PAYLOAD = new Uint8Array(64).fill(0x61);
const RUN_MS = 1000;

function ours(count: number): void {
  const decoder = new FrameDecoder();
  for (let operation = 0; operation < count; operation += 1) {
    decoder.push(
      encodeFrame({
        type: FrameType.data,
        checksum: "crc32c",
        flags: 0,
        status: 0,
        session: { high: 1, low: 2 },
        operation,
        attempt: 1,
        remainingMs: 0,
        payload: PAYLOAD,
      }),
    );
    const frame = decoder.next();
    if (frame === undefined || isRefusal(frame) || frame.operation !== operation)
      throw new Error("codec is broken");
  }
}

function handWritten(count: number): void {
  let seen = 0;
  const feed = readFrames(
    () => {
      seen += 1;
    },
    () => undefined,
  );
  for (let index = 0; index < count; index += 1) feed(makeFrame(PAYLOAD));
  if (seen !== count) throw new Error("the hand-written loop is broken");
}

/** Frames a second through encodeFrame, FrameDecoder and CRC-32C. */
export const codecCase: BenchCase = {
  name: "codec-64",
  unit: "frames/s",
  runs: 5,
  promise: "≥ 2 000 000",
  prepare: () =>
    Promise.resolve({
      subject: () => ratePerSecond(RUN_MS, ours),
      baseline: {
        name: "hand-written 8-byte header, one CRC-32C",
        measure: () => ratePerSecond(RUN_MS, handWritten),
      },
      close: () => Promise.resolve(),
    }),
};
