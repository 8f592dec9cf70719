/**
 * The generator: a number for a key, instead of the next number of a sequence.
 *
 * A key is a row of 32-bit words (seed, stream, session, message …). Each word is absorbed into
 * two 32-bit lanes by a step that can be undone, so no word is ever forgotten; the last step
 * mixes both lanes into one word. Integers only (`Math.imul`, xor, shift, add): every engine
 * gives the same numbers. Not for secrets. The road not taken: a sequential generator, where
 * one draw more shifts every later one.
 *
 *   absorb(w):  a = imul(a ^ w, M1);  a ^= a >>> 15
 *               b = imul(b ^ a, M2);  b ^= b >>> 16;   a = a + b
 *   finish:     x = a ^ (a >>> 16);   x = imul(x, M1) ^ b
 *               x ^= x >>> 15;        x = imul(x, M2);  x ^= x >>> 16
 */

/** Name and version of the generator: a result that names it can be replayed by it alone. */
export const RNG_NAME = "faultline-keyed-1";

/** Multipliers of the 32-bit mixer "lowbias32" by C. Wellons, the best of its form found by search. */
const MIX_1 = 0x7feb352d;
const MIX_2 = 0x846ca68b;
/** Where the lanes start: the first 64 bits of the fraction of pi. */
const LANE_A = 0x243f6a88;
const LANE_B = 0x85a308d3 | 0;

/** The upper 21 bits of an integer of 0 … 2^53-1. */
export function wordHigh(value: number): number {
  return Math.floor(value / 0x1_0000_0000);
}

/** The lower 32 bits of an integer of 0 … 2^53-1, unsigned. */
export function wordLow(value: number): number {
  return value >>> 0;
}

/** A key being built: two lanes, and a word taken out at the end. */
export class Key {
  #a = 0;
  #b = 0;

  /** Stands where the words before it have left `other`. */
  from(other: Key): this {
    this.#a = other.#a;
    this.#b = other.#b;
    return this;
  }

  /** Starts over with the seed (0 … 2^53-1) and the stream (32 bits). */
  start(seed: number, stream: number): this {
    this.#a = LANE_A;
    this.#b = LANE_B;
    return this.absorb(wordHigh(seed)).absorb(wordLow(seed)).absorb(stream);
  }

  /** Takes the low 32 bits of `word` into the key. */
  absorb(word: number): this {
    let a = Math.imul(this.#a ^ word, MIX_1);
    a ^= a >>> 15;
    let b = Math.imul(this.#b ^ a, MIX_2);
    b ^= b >>> 16;
    this.#a = (a + b) | 0;
    this.#b = b;
    return this;
  }

  /** The number of this key with one more word; the key itself stays as it is. */
  draw(word: number): number {
    let a = Math.imul(this.#a ^ word, MIX_1);
    a ^= a >>> 15;
    let b = Math.imul(this.#b ^ a, MIX_2);
    b ^= b >>> 16;
    a = (a + b) | 0;
    let x = Math.imul(a ^ (a >>> 16), MIX_1) ^ b;
    x = Math.imul(x ^ (x >>> 15), MIX_2);
    return (x ^ (x >>> 16)) >>> 0;
  }
}

/**
 * One draw: a pure function of seed, stream and key.
 *
 * @param seed 0 … 2^53-1
 * @param stream what the draw is for, as 32 bits: `hashText("backoff")`
 * @param key at least one word of 32 bits; split larger numbers with `wordHigh` and `wordLow`
 * @returns an unsigned 32-bit integer
 * @throws {RangeError} when a word is no unsigned 32-bit integer or the seed is out of range
 * @example keyedUint32(42, hashText("backoff"), operation, attempt)
 */
export function keyedUint32(seed: number, stream: number, ...key: readonly number[]): number {
  const state = startKey(seed, stream);
  const last = key.length - 1;
  for (let index = 0; index < last; index += 1) state.absorb(checkedWord(key[index] ?? 0));
  return state.draw(checkedWord(key[last] ?? 0));
}

/**
 * The draws of all keys that begin alike, where many of them are wanted.
 *
 * @returns a function of the last word of the key
 * @throws {RangeError} as `keyedUint32`
 * @example keyedDraws(seed, stream, 1, 2)(3) === keyedUint32(seed, stream, 1, 2, 3)
 */
export function keyedDraws(
  seed: number,
  stream: number,
  ...key: readonly number[]
): (word: number) => number {
  const state = startKey(seed, stream);
  for (const word of key) state.absorb(checkedWord(word));
  return (word) => state.draw(checkedWord(word));
}

function startKey(seed: number, stream: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`Cannot draw as "seed" must be an integer of 0 to 2^53-1: got ${seed}`);
  }
  return new Key().start(seed, checkedWord(stream));
}

function checkedWord(word: number): number {
  if (word >>> 0 === word) return word;
  throw new RangeError(`Cannot draw as "key" must be unsigned 32-bit integers: got ${word}`);
}

/** 32 bits that stand for a text: FNV-1a over its UTF-16 units. Turns a fault's id into its stream. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
