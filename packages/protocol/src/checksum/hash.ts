/**
 * A cut hash as a checksum: what sha1-32 and sha256-128 share.
 *
 * The first bytes of the digest, in the order the hash gives them. Against random damage 32 bits
 * of a hash are as good as a CRC-32; against a few flipped bits they are worse, since they
 * guarantee nothing. They are here to be compared, and for the pipe codec.
 */
import type { Checksum } from "./checksum.ts";
import { HEADER_COVERED_BYTES } from "./checksum.ts";

/** The part of a `@noble/hashes` function that is used here. */
export interface Hash {
  (bytes: Uint8Array): Uint8Array;
  create(): { update(bytes: Uint8Array): unknown; digest(): Uint8Array };
}

/** A checksum that keeps the first `bytes` bytes of `hash`. */
export function cutHash(
  identity: Pick<Checksum, "name" | "code"> & { readonly bytes: 4 | 16 },
  hash: Hash,
): Checksum {
  const { name, code, bytes: size } = identity;
  const trailer = (buffer: Uint8Array, start: number, end: number): Uint8Array => {
    const headerEnd = start + HEADER_COVERED_BYTES;
    const state = hash.create();
    state.update(buffer.subarray(start, headerEnd));
    state.update(buffer.subarray(headerEnd + 4, end));
    return state.digest();
  };
  return {
    name,
    code,
    bytes: size,
    keyed: false,
    compute: (bytes) => hash(bytes).slice(0, size),
    seal(buffer, start, end) {
      const digest = trailer(buffer, start, end);
      for (let index = 0; index < size; index++) buffer[end + index] = digest[index]!;
    },
    verify(buffer, start, end) {
      const digest = trailer(buffer, start, end);
      for (let index = 0; index < size; index++) {
        if (buffer[end + index] !== digest[index]) return false;
      }
      return true;
    },
  };
}
