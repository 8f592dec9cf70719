/**
 * What the tests of this package share: a seed, frames to try, cuts, and hand-made headers.
 *
 * The testkit has much of this too, but it stands on this package, so it cannot be used here.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { ChecksumName, Frame, Refusal } from "../src/index.ts";
import { checksums, crc32c, encodeFrame, FrameDecoder, FrameType } from "../src/index.ts";

/** One seed for all: `FAULTLINE_TEST_SEED`, or a constant. fast-check prints it on failure. */
export const SEED: number = Number(process.env["FAULTLINE_TEST_SEED"] ?? 20_251_123) >>> 0;
fc.configureGlobal({ seed: SEED });

/** Unsigned 32-bit integers that follow from the seed (xorshift32). */
export function draws(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Of those that need no key. */
export const CHECKSUM_NAMES = (Object.keys(checksums) as ChecksumName[]).filter(
  (name) => !checksums[name].keyed,
);

export function frames(bytesMax = 300): fc.Arbitrary<Frame> {
  const uint32 = fc.nat({ max: 0xffff_ffff });
  return fc
    .record({
      type: fc.constantFrom(...Object.values(FrameType)),
      checksum: fc.constantFrom(...CHECKSUM_NAMES),
      flags: fc.constantFrom(0, 1),
      status: fc.integer({ min: 1, max: 9 }),
      life: fc.nat({ max: 0xffff }),
      session: fc.record({ high: uint32, low: uint32 }),
      operation: fc.maxSafeNat(),
      attempt: uint32,
      remainingMs: uint32,
      payload: fc.uint8Array({ maxLength: bytesMax }),
    })
    .map(spoken);
}

/** An error reply has a reason, a ping and a goodbye nothing; the others may name a life. */
function spoken(frame: Frame & { readonly life: number }): Frame {
  const { life, status, ...rest } = frame;
  if (frame.type === FrameType.error) return { ...rest, status };
  const isSilent = frame.type === FrameType.ping || frame.type === FrameType.goodbye;
  return { ...rest, status: 0, life: isSilent || life === 0 ? undefined : life };
}

/** A plain data frame with the given differences. */
export function frameOf(differences: Partial<Frame> = {}): Frame {
  return {
    type: FrameType.data,
    checksum: "crc32c",
    flags: 0,
    status: 0,
    session: { high: 0x0123_4567, low: 0x89ab_cdef },
    operation: 7,
    attempt: 1,
    remainingMs: 30_000,
    payload: bytesOf("the quick brown fox"),
    ...differences,
  };
}

/** An encoded frame with its header changed at will and sealed again, so that only the change counts. */
export function forged(
  differences: Partial<Frame>,
  change: (bytes: Uint8Array) => void,
): Uint8Array {
  const bytes = encodeFrame(frameOf(differences)).slice();
  change(bytes);
  new DataView(bytes.buffer).setUint32(36, crc32c(bytes, 0, 36));
  return bytes;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The bytes in pieces of the given sizes, gone through again until all is cut. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

/** All that a fresh decoder makes of the pieces, with payloads copied as their lifetime asks. */
export function readAll(
  pieces: readonly Uint8Array[],
  decoder: FrameDecoder = new FrameDecoder(),
): (Frame | Refusal)[] {
  const read: (Frame | Refusal)[] = [];
  for (const piece of pieces) {
    const lent = piece.slice();
    decoder.push(lent);
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
      read.push("refused" in item ? item : { ...item, payload: item.payload.slice() });
    }
    // The lender takes its buffer back, as a socket does: whatever still looks at it must not.
    lent.fill(0xee);
  }
  return read;
}

/** Bytes in living array buffers, after a collection. Always 0 in a runtime that does not count them. */
export function arrayBufferBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().arrayBuffers;
}
