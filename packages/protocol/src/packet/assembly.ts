/**
 * Fragments become messages, each exactly once, in whatever order they come.
 *
 * No bytes are reserved on a claim: a fragment is kept as its own bytes. Only the list of a message's
 * pieces is as long as its first fragment says, and it counts in full. What would pass a limit is
 * refused before it is accepted; what is never completed is dropped after the lifetime of a message.
 */
import {
  FRAGMENT_PLACE_BYTES,
  FRAGMENT_UPKEEP_BYTES,
  fragmentBytesOf,
  type PacketLimits,
} from "./limits.ts";
import { NumbersSeen } from "./numbers.ts";
import type { FragmentPart } from "./wire.ts";

/** A message that is not whole. */
interface Part {
  readonly fragments: (Uint8Array | undefined)[];
  readonly expiresUs: number;
  missing: number;
  bytes: number;
}

/** Gaps in the numbers of messages that are remembered: what a sender may have under way. */
const GAPS_MAX = 4096;

/** The messages of one direction. @see module */
export class Assembly {
  readonly #limits: PacketLimits;
  readonly #countMax: number;
  readonly #partials = new Map<number, Part>();
  readonly #done = new NumbersSeen(GAPS_MAX);
  #bytes = 0;

  constructor(limits: PacketLimits) {
    this.#limits = limits;
    // Who sends may have smaller datagrams than we do, down to the least.
    this.#countMax = Math.ceil(limits.messageBytesMax / fragmentBytesOf(256));
  }

  /** Bytes kept, upkeep included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Messages that are not whole. */
  get size(): number {
    return this.#partials.size;
  }

  /** When the oldest part is dropped. */
  get expiresUs(): number {
    for (const partial of this.#partials.values()) return partial.expiresUs;
    return Infinity;
  }

  /** Whether all these fragments may be taken, with so many bytes kept elsewhere. */
  fits(fragments: readonly FragmentPart[], heldBytes: number): boolean {
    let bytes = this.#bytes + heldBytes;
    let messages = this.#partials.size;
    for (const { message, index, count, bytes: piece } of fragments) {
      if (count > this.#countMax) return false;
      if (count === 1 || this.#done.has(message)) continue;
      const partial = this.#partials.get(message);
      if (partial === undefined) {
        messages++;
        bytes += count * FRAGMENT_PLACE_BYTES;
      } else if (partial.fragments.length !== count) return false;
      else if (partial.fragments[index] !== undefined) continue;
      else if (partial.bytes + piece.length > this.#limits.messageBytesMax) return false;
      bytes += piece.length + FRAGMENT_UPKEEP_BYTES;
    }
    const { assemblyBytesMax, assemblyMessagesMax } = this.#limits;
    return bytes <= assemblyBytesMax && messages <= assemblyMessagesMax;
  }

  /** Takes a fragment. @returns the message, if this made it whole; a view, if it is one piece */
  add(part: FragmentPart, nowUs: number): Uint8Array | undefined {
    const { message, index, count, bytes } = part;
    if (this.#done.has(message)) return undefined;
    if (count === 1) {
      this.#done.add(message);
      return bytes;
    }
    const partial = this.#partials.get(message) ?? this.#begin(message, count, nowUs);
    if (partial.fragments.length !== count || partial.fragments[index] !== undefined) {
      return undefined;
    }
    partial.fragments[index] = bytes.slice();
    partial.bytes += bytes.length;
    this.#bytes += bytes.length + FRAGMENT_UPKEEP_BYTES;
    partial.missing--;
    if (partial.missing > 0) return undefined;
    this.#drop(message, partial);
    this.#done.add(message);
    return joined(partial);
  }

  /** Drops what was never completed. */
  expire(nowUs: number): void {
    for (const [message, partial] of this.#partials) {
      if (partial.expiresUs > nowUs) return;
      this.#drop(message, partial);
    }
  }

  #begin(message: number, count: number, nowUs: number): Part {
    const expiresUs = nowUs + Math.round(this.#limits.messageLifetimeMs * 1000);
    const fragments = Array.from({ length: count }, () => undefined);
    const partial = { fragments, expiresUs, missing: count, bytes: 0 };
    this.#partials.set(message, partial);
    this.#bytes += count * FRAGMENT_PLACE_BYTES;
    return partial;
  }

  #drop(message: number, partial: Part): void {
    this.#partials.delete(message);
    const count = partial.fragments.length;
    const held = count - partial.missing;
    this.#bytes -= partial.bytes + held * FRAGMENT_UPKEEP_BYTES + count * FRAGMENT_PLACE_BYTES;
  }
}

function joined({ fragments, bytes }: Part): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const fragment of fragments) {
    if (fragment === undefined) continue;
    whole.set(fragment, at);
    at += fragment.length;
  }
  return whole;
}
