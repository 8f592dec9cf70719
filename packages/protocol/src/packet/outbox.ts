/**
 * Messages on their way out, cut into fragments, until every fragment was acknowledged.
 *
 * What was lost goes first, then what is new, in the order in which it came. A fragment is sent
 * again as long as its message lives; the packet that carries it is another each time. A message
 * past its lifetime is given up: its caller has done so already.
 */
import { fragmentBytesOf, type PacketLimits } from "./limits.ts";

/** A piece of a message that is sent, maybe more than once. */
export interface OutboundFragment {
  readonly message: OutboundMessage;
  readonly index: number;
  /** `waiting`: to be sent, or again. `sent`: in some packet. `done`: acknowledged or given up. */
  state: "waiting" | "sent" | "done";
  /** How often it was sent. */
  sends: number;
}

/** A message that is not acknowledged yet. */
export interface OutboundMessage {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly expiresUs: number;
  readonly fragments: OutboundFragment[];
  acknowledged: number;
}

/** @see module */
export class Outbox {
  readonly #limits: PacketLimits;
  readonly #fragmentBytes: number;
  readonly #live = new Map<number, OutboundMessage>();
  readonly #again: OutboundFragment[] = [];
  /** Messages of which not every fragment has been sent once. */
  readonly #fresh: OutboundMessage[] = [];
  #next = 0;
  #bytes = 0;
  /** Fragments sent more than once. */
  repeats = 0;

  constructor(limits: PacketLimits) {
    this.#limits = limits;
    this.#fragmentBytes = fragmentBytesOf(limits.datagramBytesMax);
  }

  /** Messages that are not acknowledged. */
  get size(): number {
    return this.#live.size;
  }

  get isFull(): boolean {
    const { sendQueueBytesMax, sendQueueMessagesMax } = this.#limits;
    return this.#bytes >= sendQueueBytesMax || this.#live.size >= sendQueueMessagesMax;
  }

  /** When the oldest message is given up. */
  get expiresUs(): number {
    for (const message of this.#live.values()) return message.expiresUs;
    return Infinity;
  }

  /** Takes a message. @returns false where it is dropped: too large, or no room for it */
  push(bytes: Uint8Array, nowUs: number): boolean {
    if (this.isFull || bytes.length > this.#limits.messageBytesMax) return false;
    const message: OutboundMessage = {
      number: this.#next++,
      bytes,
      count: Math.max(1, Math.ceil(bytes.length / this.#fragmentBytes)),
      expiresUs: nowUs + Math.round(this.#limits.messageLifetimeMs * 1000),
      fragments: [],
      acknowledged: 0,
    };
    this.#live.set(message.number, message);
    this.#fresh.push(message);
    this.#bytes += bytes.length;
    return true;
  }

  /** The fragment to send next, left where it is; undefined: none waits. */
  peek(): OutboundFragment | undefined {
    const again = this.#again;
    while (again.length > 0) {
      if (again[0]!.state === "waiting") return again[0];
      again.shift();
    }
    const fresh = this.#fresh[0];
    if (fresh === undefined) return undefined;
    const index = fresh.fragments.length;
    return { message: fresh, index, state: "waiting", sends: 0 };
  }

  /** What `peek` gave is sent. */
  take(fragment: OutboundFragment): void {
    fragment.state = "sent";
    if (fragment.sends++ > 0) {
      this.repeats++;
      this.#again.shift();
      return;
    }
    const { message } = fragment;
    message.fragments.push(fragment);
    if (message.fragments.length === message.count) this.#fresh.shift();
  }

  /** Where a fragment's bytes are. */
  bytesOf({ message, index }: OutboundFragment): Uint8Array {
    const from = index * this.#fragmentBytes;
    return message.bytes.subarray(from, from + this.#fragmentBytes);
  }

  acknowledged(fragment: OutboundFragment): void {
    if (fragment.state === "done") return;
    fragment.state = "done";
    const { message } = fragment;
    message.acknowledged++;
    if (message.acknowledged === message.count) this.#forget(message);
  }

  /** A fragment did not come through, or may not have: it is sent again. */
  repeat(fragment: OutboundFragment): void {
    if (fragment.state !== "sent") return;
    fragment.state = "waiting";
    this.#again.push(fragment);
  }

  /** Gives up messages whose time is over. */
  expire(nowUs: number): void {
    for (const message of this.#live.values()) {
      if (message.expiresUs > nowUs) return;
      for (const fragment of message.fragments) fragment.state = "done";
      const at = this.#fresh.indexOf(message);
      if (at >= 0) this.#fresh.splice(at, 1);
      this.#forget(message);
    }
  }

  #forget(message: OutboundMessage): void {
    this.#live.delete(message.number);
    this.#bytes -= message.bytes.length;
  }
}
