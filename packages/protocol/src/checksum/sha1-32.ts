/**
 * SHA-1 cut to its first 4 bytes: the original's checksum, in binary.
 *
 *   FIPS 180-4 SHA-1, bytes 0 … 3 of the digest · check value of "123456789": F7C3BC1D
 *
 * Error detection only. 32 bits of any hash collide after some 77 000 tries, and SHA-1 itself is
 * broken against collisions; nobody should start with it for protection.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import type { Checksum } from "./checksum.ts";
import { cutHash } from "./hash.ts";

/** SHA-1 cut to 4 bytes as a trailer. */
export const sha1Checksum: Checksum = /* @__PURE__ */ cutHash(
  { name: "sha1-32", code: 3, bytes: 4 },
  sha1,
);
