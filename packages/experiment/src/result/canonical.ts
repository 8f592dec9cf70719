/**
 * Canonical JSON (RFC 8785) and SHA-256: how a spec and a result get a name nobody can argue with.
 *
 * A field that is undefined is refused rather than dropped: what is hashed must be what is shown.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import canonicalize from "canonicalize";

/**
 * The one text of a JSON value: keys in UTF-16 order, numbers as ECMAScript writes them, no space.
 *
 * @throws TypeError where the value is no JSON: NaN, Infinity, undefined, a lone surrogate, a cycle.
 */
export function canonicalJson(value: unknown): string {
  try {
    const text = canonicalize(value);
    if (text === undefined) throw new TypeError("undefined is not JSON");
    return text;
  } catch (error) {
    throw new TypeError(`Cannot write canonical JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** SHA-256 of a text's UTF-8 bytes, as 64 hex digits. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** `sha256:…` of a value's canonical JSON. */
export function hashJson(value: unknown): string {
  return `sha256:${sha256Hex(canonicalJson(value))}`;
}
