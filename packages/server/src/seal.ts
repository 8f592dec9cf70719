/**
 * Sealed links on their way to a core: the gate between a listener and whoever owns its links.
 *
 * A plain link passes as it is where it may still prove its key, frame by frame, or need not; the
 * text form cannot, so there it is refused at once. What is refused is counted and told by the
 * core; the peer hears nothing on datagrams, and on a stream what a friend with a wrong key needs.
 */
import type { Clock, Link, LinkEvents, RandomBytes, SealRefusal } from "@faultline/protocol";
import { SealGate } from "@faultline/protocol";
import type { KeyOptions } from "./core/auth.ts";
import type { ServerCodec } from "./core/core-options.ts";
import type { ServerRefusalCode } from "./event.ts";

/** What a gate for a server is made of. */
export interface ServerGateOptions extends KeyOptions {
  readonly codec: ServerCodec;
  readonly clock: Clock;
  /** Unpredictable bytes, never the same twice; in a simulation out of its seed. */
  readonly random: RandomBytes;
  /** Owner of a link that is let in. */
  accept(link: Link): LinkEvents;
  /** Is told of who was not: what `ServerCore.turnedAway` takes. */
  turnedAway(refusal: { code: ServerRefusalCode; message: string }, remote: string): void;
}

const MESSAGES: Readonly<Record<SealRefusal, string>> = {
  forged: "A record, or a handshake, is not authentic.",
  replayed: "A record, or a handshake, has come before or is too old.",
  "not-sealed": "What came is not sealed.",
  "unknown-key": "The key's id is not known.",
  "unknown-cipher": "The cipher is not known.",
  "handshakes-full": "Too many handshakes are under way.",
  "handshake-timeout": "The handshake was not finished in time.",
};

/**
 * The gate of a server; undefined where there are no keys, and links need none.
 *
 * @throws {RangeError} where a key breaks its rule.
 */
export function createServerGate(options: ServerGateOptions): SealGate | undefined {
  const { keys, codec, clock, random, requireKeys = true } = options;
  if (keys === undefined) return undefined;
  return new SealGate({
    keys,
    clock,
    random,
    plain: requireKeys && codec === "pipe" ? "refuse" : "accept",
    accept: (link) => options.accept(link),
    onRefusal: (code, remote) => options.turnedAway({ code, message: MESSAGES[code] }, remote),
  });
}
