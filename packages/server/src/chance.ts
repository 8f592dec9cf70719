/**
 * The one place of this package where chance comes in: a server's part of the keys of sealed links, and
 * the secret that proofs of address are made with. A simulation brings its own.
 */

/** Bytes that nobody can guess. */
export function systemRandom(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}
