/**
 * How often a body was seen: what stands in for message and attempt in the pipe codec.
 *
 * A pipe message has no number, so its faults are keyed by its body and by how many times that body
 * has come; so they do not depend on what else the server does. The body is known by its 64-bit
 * FNV-1a hash (Fowler, Noll and Vo), in two halves because the faults want it so. What was not
 * seen for longest is forgotten first.
 */
import type { SessionId } from "@faultline/protocol";
import { sessionToHex } from "@faultline/protocol";

/** Bodies remembered: the distinct messages of a large experiment, about 6 MiB. */
const BODIES_MAX = 65_536;

/** @see module */
export class Occurrences {
  readonly #counts = new Map<string, number>();
  readonly #bodiesMax: number;

  constructor(bodiesMax: number = BODIES_MAX) {
    this.#bodiesMax = bodiesMax;
  }

  /** Counts one more of that body; 1 for the first. */
  next(body: SessionId): number {
    const key = sessionToHex(body);
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    if (this.#counts.size > this.#bodiesMax) {
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest);
        break;
      }
    }
    return count;
  }
}

/**
 * FNV-1a, 64 bits, of the bytes.
 *
 *   offset basis CBF29CE484222325 · prime 100000001B3 · value of "a": AF63DC4C8601EC8C
 */
export function fnv1a64(bytes: Uint8Array): SessionId {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0;
    // times 2^40 + 0x1b3, modulo 2^64; the low half in two parts so that nothing is rounded
    const product = (low & 0xffff) * 0x1b3;
    const middle = (low >>> 16) * 0x1b3 + Math.floor(product / 0x1_0000);
    const carry = Math.floor(middle / 0x1_0000);
    high = (Math.imul(high, 0x1b3) + carry + (low << 8)) >>> 0;
    low = (((middle & 0xffff) << 16) | (product & 0xffff)) >>> 0;
  }
  return { high, low };
}
