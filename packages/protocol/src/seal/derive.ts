/**
 * Keys out of a secret: HKDF-SHA-256 (RFC 5869), one label for each purpose.
 *
 *   info = "faultline-seal-1 " purpose, then the context's bytes
 *
 * Two purposes never share a key, since their labels differ, and no label is the beginning of
 * another's with its context. The version in the label changes with the wire.
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

const LABEL = "faultline-seal-1 ";
const NOTHING = new Uint8Array(0);

/** What a key is for. */
export type KeyPurpose = "frame" | "hello" | "record" | "welcome";

/** What a key is derived from. */
export interface KeySource {
  readonly secret: Uint8Array;
  readonly purpose: KeyPurpose;
  /** Random or unique bytes; both ends must know them. @default none */
  readonly salt?: Uint8Array;
  /** What the key is bound to beside its purpose. @default nothing */
  readonly context?: Uint8Array;
}

/** `bytes` bytes of key material. */
export function deriveKey(source: KeySource, bytes: number): Uint8Array {
  const { secret, purpose, salt = NOTHING, context = NOTHING } = source;
  return hkdf(sha256, secret, salt, joinBytes(asciiBytes(`${LABEL}${purpose}\0`), context), bytes);
}

/** The bytes of a text of ASCII characters. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** All of them in one fresh array. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Whether two arrays are equal, in a time that only their lengths decide. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < one.length; index++) difference |= one[index]! ^ other[index]!;
  return difference === 0;
}
