/**
 * The checksum catalogue: by the word used in specs, and by the byte used on the wire.
 *
 * A new checksum is a new file beside this one, a name in `ChecksumName` and a line here. Codes
 * are never given twice: a frame of an old version must not change its meaning.
 */
import type { ChecksumName } from "../frame.ts";
import type { Checksum } from "./checksum.ts";
import { crc32Checksum } from "./crc32.ts";
import { crc32cChecksum } from "./crc32c.ts";
import { hmacChecksum } from "./hmac-sha256-128.ts";
import { noChecksum } from "./none.ts";
import { sha1Checksum } from "./sha1-32.ts";
import { sha256Checksum } from "./sha256-128.ts";

/** Every checksum a frame can end in, by name. */
export const checksums: Readonly<Record<ChecksumName, Checksum>> = {
  none: noChecksum,
  crc32: crc32Checksum,
  crc32c: crc32cChecksum,
  "sha1-32": sha1Checksum,
  "sha256-128": sha256Checksum,
  "hmac-sha256-128": hmacChecksum,
};

/** The same by wire code: `checksumsByCode[code]`, undefined where no such code exists. */
export const checksumsByCode: readonly Checksum[] = [
  noChecksum,
  crc32Checksum,
  crc32cChecksum,
  sha1Checksum,
  sha256Checksum,
  hmacChecksum,
];
