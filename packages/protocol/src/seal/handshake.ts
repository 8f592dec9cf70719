/**
 * The handshake of a sealed link: two records, one round trip, and both ends have fresh keys.
 *
 *   client                                         server
 *     hello    key id, cipher, random, MAC  ─────►   knows the secret? random never seen?
 *     knows the secret? answers this hello? ◄─────   welcome   key id, cipher, random, MAC
 *     ready, the first sealed record        ─────►   the client is there, now
 *     records under the session's keys      ◄────►
 *
 *   offset  size  body of a hello or a welcome
 *        0     1  cipher (see cipher.ts)
 *        1     3  zero
 *        4    16  key id, ASCII, filled up with zeros
 *       20    32  random
 *       52    16  HMAC-SHA-256, cut to 128 bits, over the whole record before it; of a welcome,
 *                 over the hello first
 *
 * Both randoms are needed. With the client's alone, a recorded session would be fresh to a server
 * that has restarted; with the server's alone, to a client. Together, no session has the keys of
 * another, though the secret is the same. There is no Diffie-Hellman: who learns the secret later can
 * read what was recorded before (docs/security.md).
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { SealCipher } from "./cipher.ts";
import { cipherCode, cipherOf } from "./cipher.ts";
import { asciiBytes, deriveKey, equalBytes, joinBytes } from "./derive.ts";
import type { Keyring, SealKey } from "./key.ts";
import { KEY_ID_BYTES } from "./key.ts";
import { plainRecord, RECORD_HEADER_BYTES, RecordType } from "./record.ts";

/** Random bytes that each end brings. */
export const RANDOM_BYTES = 32;
const CIPHER_AT = RECORD_HEADER_BYTES;
const KEY_ID_AT = CIPHER_AT + 4;
const RANDOM_AT = KEY_ID_AT + KEY_ID_BYTES;
const MAC_AT = RANDOM_AT + RANDOM_BYTES;
const MAC_BYTES = 16;
/** Size of a hello and of a welcome: an answer is as long as the question. */
export const HANDSHAKE_RECORD_BYTES: number = MAC_AT + MAC_BYTES;
const BODY_BYTES = HANDSHAKE_RECORD_BYTES - RECORD_HEADER_BYTES;

/** Gives so many bytes that nobody can guess: the shells', or a seed's in a simulation. */
export type RandomBytes = (bytes: number) => Uint8Array;

/** What the ends agree on; the session's keys come out of it. */
export interface SealAgreement {
  readonly key: SealKey;
  readonly cipher: SealCipher;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
}

/** An authentic hello. */
export interface Hello {
  readonly key: SealKey;
  readonly cipher: SealCipher;
  readonly random: Uint8Array;
  /** Half of the random, as a text to find it by: 128 bits do not meet by chance. */
  readonly name: string;
  /** All of it: the welcome is signed over it. */
  readonly record: Uint8Array;
}

/** Why a hello is none. */
export type HelloRefusal = "not-authentic" | "unknown-key" | "unknown-cipher";

/** A client's hello, signed with the keyring's current key. */
export function createHello(keyring: Keyring, cipher: SealCipher, random: Uint8Array): Hello {
  const key = keyring.current;
  const record = unsigned(RecordType.hello, { key, cipher, random });
  record.set(keyring.signHello(key, record.subarray(0, MAC_AT)).subarray(0, MAC_BYTES), MAC_AT);
  return { key, cipher, random, name: nameOf(random), record };
}

/** Reads a whole record as a hello. */
export function readHello(keyring: Keyring, bytes: Uint8Array): Hello | HelloRefusal {
  if (bytes.length !== HANDSHAKE_RECORD_BYTES) return "not-authentic";
  const key = keyring.find(keyIdAt(bytes));
  if (key === undefined) return "unknown-key";
  const mac = keyring.signHello(key, bytes.subarray(0, MAC_AT)).subarray(0, MAC_BYTES);
  if (!equalBytes(mac, bytes.subarray(MAC_AT))) return "not-authentic";
  const cipher = cipherOf(bytes[CIPHER_AT]!);
  if (cipher === undefined) return "unknown-cipher";
  const random = new Uint8Array(bytes.subarray(RANDOM_AT, MAC_AT));
  return { key, cipher, random, name: nameOf(random), record: new Uint8Array(bytes) };
}

/** A server's answer to a hello. */
export function createWelcome(hello: Hello, random: Uint8Array): Uint8Array {
  const { key, cipher } = hello;
  const record = unsigned(RecordType.welcome, { key, cipher, random });
  record.set(welcomeMac(hello, random, record), MAC_AT);
  return record;
}

/** The server's random, where the record is the authentic answer to this very hello. */
export function readWelcome(hello: Hello, bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length !== HANDSHAKE_RECORD_BYTES) return undefined;
  const random = new Uint8Array(bytes.subarray(RANDOM_AT, MAC_AT));
  const mac = welcomeMac(hello, random, bytes);
  if (!equalBytes(mac, bytes.subarray(MAC_AT))) return undefined;
  if (bytes[CIPHER_AT] !== cipherCode(hello.cipher)) return undefined;
  return keyIdAt(bytes) === hello.key.id ? random : undefined;
}

function nameOf(random: Uint8Array): string {
  return String.fromCharCode(...random.subarray(0, RANDOM_BYTES / 2));
}

function unsigned(
  type: RecordType,
  { key, cipher, random }: Pick<Hello, "key" | "cipher" | "random">,
): Uint8Array {
  const record = plainRecord(type, new Uint8Array(BODY_BYTES));
  record[CIPHER_AT] = cipherCode(cipher);
  record.set(asciiBytes(key.id), KEY_ID_AT);
  record.set(random, RANDOM_AT);
  return record;
}

function welcomeMac(hello: Hello, random: Uint8Array, welcome: Uint8Array): Uint8Array {
  const { secret } = hello.key;
  const salt = joinBytes(hello.random, random);
  const key = deriveKey({ secret, purpose: "welcome", salt }, 32);
  const signed = joinBytes(hello.record, welcome.subarray(0, MAC_AT));
  return hmac(sha256, key, signed).subarray(0, MAC_BYTES);
}

/** The id that stands there; one that breaks the rule of ids is found in no keyring. */
function keyIdAt(bytes: Uint8Array): string {
  const field = bytes.subarray(KEY_ID_AT, KEY_ID_AT + KEY_ID_BYTES);
  let end = KEY_ID_BYTES;
  while (end > 0 && field[end - 1] === 0) end--;
  return String.fromCharCode(...field.subarray(0, end));
}
