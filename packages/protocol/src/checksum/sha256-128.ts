/**
 * SHA-256 cut to its first 16 bytes.
 *
 *   FIPS 180-4 SHA-256, bytes 0 … 15 of the digest
 *   check value of "123456789": 15E2B0D3C33891EBB0F1EF609EC41942
 *
 * Long enough that no damage is ever taken for good, and still no authentication: it has no key.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Checksum } from "./checksum.ts";
import { cutHash } from "./hash.ts";

/** SHA-256 cut to 16 bytes as a trailer. */
export const sha256Checksum: Checksum = /* @__PURE__ */ cutHash(
  { name: "sha256-128", code: 4, bytes: 16 },
  sha256,
);
