/**
 * The two AEAD ciphers of a sealed link, behind one small face.
 *
 * Both have keys of 32 bytes, nonces of 12 and tags of 16, so nothing above has to tell them apart.
 * The work is done by `@noble/ciphers` (audited, no dependency, synchronous, the same in every
 * runtime). AES without the processor's help reads tables, and how long that takes may tell a
 * neighbour on the same machine something of the key: ChaCha20 has no tables, and is the default.
 * The ciphers of the runtime were the road not taken: they are asynchronous or not everywhere.
 */
import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";

/** The ciphers, by their names in specs: AES-256-GCM (SP 800-38D), ChaCha20-Poly1305 (RFC 8439). */
export const SEAL_CIPHERS = ["aes-256-gcm", "chacha20-poly1305"] as const;
/** One of `SEAL_CIPHERS`. */
export type SealCipher = (typeof SEAL_CIPHERS)[number];

/** The cipher where none is named. */
export const SEAL_CIPHER_DEFAULT: SealCipher = "chacha20-poly1305";
/** Bytes of a key. */
export const CIPHER_KEY_BYTES = 32;
/** Bytes of a nonce. */
export const NONCE_BYTES = 12;
/** Bytes of a tag. */
export const TAG_BYTES = 16;

/** What a cipher is given for one record. A key and a nonce go together once, never twice. */
export interface AeadInput {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** Authenticated, not encrypted. */
  readonly aad: Uint8Array;
}

const IMPLEMENTATIONS = { "aes-256-gcm": gcm, "chacha20-poly1305": chacha20poly1305 } as const;
const CODES: Readonly<Record<SealCipher, number>> = { "aes-256-gcm": 1, "chacha20-poly1305": 2 };

/** The byte that names a cipher on the wire. */
export function cipherCode(cipher: SealCipher): number {
  return CODES[cipher];
}

/** The cipher of a byte on the wire; undefined where there is none. */
export function cipherOf(code: number): SealCipher | undefined {
  return SEAL_CIPHERS.find((cipher) => CODES[cipher] === code);
}

/** Encrypts and authenticates. @returns ciphertext and tag, one after the other. */
export function aeadSeal(cipher: SealCipher, input: AeadInput, plain: Uint8Array): Uint8Array {
  return IMPLEMENTATIONS[cipher](input.key, input.nonce, input.aad).encrypt(plain);
}

/**
 * Checks the tag, in constant time, and decrypts only what it fits.
 *
 * @returns the plain bytes; undefined where the tag does not fit.
 */
export function aeadOpen(
  cipher: SealCipher,
  input: AeadInput,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  try {
    return IMPLEMENTATIONS[cipher](input.key, input.nonce, input.aad).decrypt(sealed);
  } catch {
    return undefined;
  }
}
