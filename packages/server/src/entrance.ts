/**
 * What stands between a listener and whoever owns its links: layers that a peer may or must use.
 *
 *   listener ─► gate (sealed links) ─► packets (on datagrams) ─► accept
 *
 * Threads on sockets and a simulated server build the same. A plain link passes the gate where it may
 * still prove its key frame by frame, or need not; the text form cannot, so there it is refused at
 * once. What is refused is counted and told by the core; the peer hears nothing on datagrams, and on a
 * stream what a friend with a wrong key needs.
 */
import type { Clock, Link, LinkEvents, RandomBytes, SealRefusal } from "@faultline/protocol";
import { acceptPackets, SealGate } from "@faultline/protocol";
import type { KeyOptions } from "./core/auth.ts";
import type { ServerCodec } from "./core/core-options.ts";
import type { ServerRefusalCode } from "./event.ts";
import type { ServerLimits } from "./limits.ts";

/** What an entrance is made of. */
export interface EntranceOptions extends KeyOptions {
  readonly codec: ServerCodec;
  readonly clock: Clock;
  /** Unpredictable bytes, never the same twice; in a simulation out of its seed. */
  readonly random: RandomBytes;
  /** What proofs of address are made with: 32 bytes that nobody can guess. */
  readonly secret: Uint8Array;
  /** The server's, as far as they are about what is below its core. @default the protocol's */
  readonly limits?: Pick<
    ServerLimits,
    "handshakesMax" | "handshakeTimeoutMs" | "sendQueueBytesMax"
  >;
  /** Owner of a link that is let in. */
  accept(link: Link): LinkEvents;
  /** Is told of who was not: what `ServerCore.turnedAway` takes. */
  turnedAway(refusal: { code: ServerRefusalCode; message: string }, remote: string): void;
  /** A message of a packet link was dropped. @default nobody is told */
  onDropped?(): void;
}

/** @see module */
export interface Entrance {
  /** Owner of a link that has just come in. */
  accept(link: Link): LinkEvents;
  /** Gives up every handshake under way. */
  close(): void;
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
 * Makes an entrance; without keys there is no gate, and it costs nothing.
 *
 * @throws {RangeError} where a key breaks its rule.
 */
export function createEntrance(options: EntranceOptions): Entrance {
  const packets = packetDoors(options);
  const inner = (link: Link): LinkEvents =>
    link.kind === "stream" ? options.accept(link) : packets(link);
  const gate = gateOf(options, inner);
  if (gate === undefined) return { accept: inner, close() {} };
  return { accept: (link) => gate.enter(link), close: () => gate.close() };
}

function packetDoors(options: EntranceOptions): (link: Link) => LinkEvents {
  const { clock, limits, secret } = options;
  return acceptPackets({
    clock,
    secret,
    ...(limits && { limits: { sendQueueBytesMax: limits.sendQueueBytesMax } }),
    accept: (link: Link): LinkEvents => options.accept(link),
    onDropped: () => options.onDropped?.(),
  });
}

function gateOf(
  options: EntranceOptions,
  accept: (link: Link) => LinkEvents,
): SealGate | undefined {
  const { keys, codec, clock, limits, random, requireKeys = true } = options;
  if (keys === undefined) return undefined;
  const { handshakesMax, handshakeTimeoutMs } = limits ?? {};
  return new SealGate({
    keys,
    clock,
    random,
    plain: requireKeys && codec === "pipe" ? "refuse" : "accept",
    limits: {
      ...(handshakesMax !== undefined && { handshakesMax }),
      ...(handshakeTimeoutMs !== undefined && { handshakeTimeoutMs }),
    },
    accept,
    onRefusal: (code, remote) => options.turnedAway({ code, message: MESSAGES[code] }, remote),
  });
}
