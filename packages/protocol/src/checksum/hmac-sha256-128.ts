/**
 * HMAC-SHA-256 cut to its first 16 bytes: a signature in the place of a checksum.
 *
 *   RFC 2104 with FIPS 180-4 SHA-256, bytes 0 … 15 (RFC 4868: half of the output, as RFC 2104 asks)
 *   check value: RFC 4231; a trailer also depends on the keys (seal/frame-keys.ts)
 *
 * It proves that somebody with the secret wrote the frame, in this session and direction. It hides
 * nothing, and it does not prove that the frame is new: what is sent again is answered from the reply
 * cache. Who needs more seals the link.
 */
import { ProtocolError } from "../error.ts";
import type { Checksum } from "./checksum.ts";

function noKey(): ProtocolError {
  const rule = '"checksum" must be another where there is no key: got hmac-sha256-128';
  return new ProtocolError("no-key", "local", `Cannot sign as ${rule}`);
}

/** The keyed trailer; the keys come with each call. */
export const hmacChecksum: Checksum = {
  name: "hmac-sha256-128",
  code: 5,
  bytes: 16,
  keyed: true,
  compute() {
    throw noKey();
  },
  seal(buffer, start, end, keys) {
    if (keys === undefined) throw noKey();
    keys.sign(buffer, start, end);
  },
  verify: (buffer, start, end, keys) => keys !== undefined && keys.verify(buffer, start, end),
};
