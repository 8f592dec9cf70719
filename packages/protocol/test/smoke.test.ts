import { expect, test } from "vitest";
import { crc32, crc32c, encodeFrame, FrameDecoder } from "../src/index.ts";

test("a frame fed byte by byte comes back as it was sent", () => {
  const bytes = encodeFrame({
    type: 2,
    checksum: "sha256-128",
    flags: 0,
    status: 0,
    session: { high: 0xffffffff, low: 7 },
    operation: Number.MAX_SAFE_INTEGER,
    attempt: 3,
    remainingMs: 9,
    payload: Uint8Array.of(1, 2, 3),
  });
  const decoder = new FrameDecoder();
  let got;
  for (const byte of bytes) {
    decoder.push(Uint8Array.of(byte));
    got = decoder.next() ?? got;
  }
  expect(got).toMatchObject({
    operation: Number.MAX_SAFE_INTEGER,
    payload: Uint8Array.of(1, 2, 3),
  });
  const check = new TextEncoder().encode("123456789");
  expect([crc32(check), crc32c(check)]).toEqual([0xcbf43926, 0xe3069283]);
});
