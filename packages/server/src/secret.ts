/**
 * The one place of this package where chance comes in: the secret that proofs of address are made
 * with (see `acceptPackets` of the protocol package). It decides nothing but what strangers can guess.
 */

const SECRET_BYTES = 32;

/** 32 random bytes. */
export function randomSecret(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
}
