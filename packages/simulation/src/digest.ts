/**
 * A rolling digest: 64 bits over every word ever put in, in their order.
 *
 * Two lanes of 32 bits; each word passes through steps that can be undone, so with the words
 * after it given, no two values of one word can lead to the same lanes. Integer arithmetic only,
 * the same in every engine. It tells runs apart that differ by accident; it is no defence
 * against somebody who wants two runs to look alike.
 */

const MIX_A = 0x9e3779b1 | 0;
const MIX_B = 0x85ebca77 | 0;
const START_A = 0x243f6a88;
const START_B = 0x85a308d3 | 0;

/** The digest of a run so far. */
export class Digest {
  #a = START_A;
  #b = START_B;

  /** One lane: enough to find the place where two runs part. */
  get lane(): number {
    return this.#b;
  }

  /** Takes in the low 32 bits of `word`. */
  add(word: number): void {
    let a = Math.imul(this.#a ^ word, MIX_A);
    a ^= a >>> 15;
    let b = Math.imul(this.#b ^ a, MIX_B);
    b ^= b >>> 13;
    this.#a = (a + b) | 0;
    this.#b = b;
  }

  /** Takes in an integer of 0 … 2^53-1. */
  addInteger(value: number): void {
    this.add(value | 0);
    this.add((value / 0x1_0000_0000) | 0);
  }

  /** 16 hex digits. */
  toString(): string {
    return hex(this.#a) + hex(this.#b);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}

/** 32 bits over bytes, four at a time: what a packet adds to the digest. */
export function hashBytes(bytes: Uint8Array): number {
  const whole = bytes.length & ~3;
  let hash = Math.imul(bytes.length ^ START_A, MIX_A);
  for (let at = 0; at < whole; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ word, MIX_B);
    hash ^= hash >>> 15;
  }
  for (let at = whole; at < bytes.length; at++) {
    hash = Math.imul(hash ^ (bytes[at] as number), MIX_A);
    hash ^= hash >>> 13;
  }
  return hash;
}
