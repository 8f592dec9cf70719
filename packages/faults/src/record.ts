/**
 * What faults on encrypted bytes must know of the records of TLS 1.3 (RFC 8446 section 5.2).
 *
 *   header (5) | encrypted: content (up to 2^14), its type (1) | tag (16)
 *
 * A message is encrypted after its faults have been drawn, but what comes out is known: nothing is
 * padded. So a place in a record can be drawn by the message's key, and does not depend on what
 * the connection has carried before, nor on how its handshake went.
 */
import { type FieldRule, wordField } from "./fields.ts";

/** Content type, version and length: not encrypted. */
export const RECORD_HEADER_BYTES = 5;
const CONTENT_BYTES_MAX = 16_384;
const TYPE_BYTES = 1;
const TAG_BYTES = 16;

/** Size of the first record that carries a message, header included. */
export function recordBytesOf(message: Uint8Array): number {
  const content = Math.min(message.length, CONTENT_BYTES_MAX);
  return RECORD_HEADER_BYTES + content + TYPE_BYTES + TAG_BYTES;
}

/** What a request is can only be known once its records are open: there are faults on replies. */
export const RECORD_FIELDS: Readonly<Record<string, FieldRule>> = {
  direction: wordField(["reply"], {
    means: "what the server encrypts; a request is opened before anybody knows whose it is",
    default: "reply",
  }),
};
