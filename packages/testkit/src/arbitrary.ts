/**
 * Generators for property tests: frames, payloads, cuts.
 *
 * Every frame given here is one that the encoder accepts; small values and edge values come
 * often, since that is where codecs go wrong.
 */
import type { ChecksumName, Frame } from "@faultline/protocol";
import { checksums, FrameType, StatusCode } from "@faultline/protocol";
import fc from "fast-check";

/** A payload of up to `bytesMax` bytes. @default 300 */
export function payloads(bytesMax = 300): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength: bytesMax });
}

/** One of the checksum catalogue that needs no key. */
export function checksumNames(): fc.Arbitrary<ChecksumName> {
  const names = Object.keys(checksums) as ChecksumName[];
  return fc.constantFrom(...names.filter((name) => !checksums[name].keyed));
}

/** Any frame that can be sent. */
export function frames(bytesMax = 300): fc.Arbitrary<Frame> {
  const uint32 = fc.nat({ max: 0xffff_ffff });
  const reasons = Object.values(StatusCode).filter((code) => code !== StatusCode.ok);
  return fc
    .record({
      type: fc.constantFrom(...Object.values(FrameType)),
      checksum: checksumNames(),
      flags: fc.constantFrom(0, 1),
      status: fc.constantFrom(...reasons),
      life: fc.nat({ max: 0xffff }),
      session: fc.record({ high: uint32, low: uint32 }),
      operation: fc.maxSafeNat(),
      attempt: uint32,
      remainingMs: uint32,
      payload: payloads(bytesMax),
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

/** Sizes to cut a stream into, to be used again and again: see `cut`. */
export function cuts(): fc.Arbitrary<readonly number[]> {
  return fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 12 });
}

/** The bytes in pieces of the given sizes, which are gone through again until all is cut. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? bytes.length);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
