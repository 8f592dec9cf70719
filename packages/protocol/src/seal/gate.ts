/**
 * The server's end: stands between a listener and whoever owns its links, and lets in what is sealed.
 *
 *   listener ── enter(link) ──► hello ─ welcome ─ first record ──► accept(sealed link)
 *
 * Nobody above hears of a peer before it has proved that it knows a secret, now: not by its hello,
 * which may be a recording, but by its first record. Until then it holds one of `handshakesMax`
 * places, and a datagram peer without one holds nothing. What is refused is told to a listener of
 * our own side only; to the peer on a stream by an alert, on datagrams by silence.
 */
import type { Clock, Link, LinkEvents } from "../ports.ts";
import type { SealChannel, SealRefusal, SealRefusalListener } from "./channel.ts";
import { channelOf } from "./channel.ts";
import { DatagramGate } from "./gate-datagram.ts";
import { StreamGate } from "./gate-stream.ts";
import type { Hello, RandomBytes } from "./handshake.ts";
import { createWelcome, RANDOM_BYTES, readHello } from "./handshake.ts";
import type { SealKey } from "./key.ts";
import { Keyring } from "./key.ts";
import type { SealLimits } from "./limits.ts";
import { sealLimits } from "./limits.ts";

/** What a gate is made of. */
export interface SealGateOptions {
  /** All are accepted. */
  readonly keys: readonly SealKey[];
  readonly clock: Clock;
  /** For each link's part of its keys: unpredictable, and never the same twice. */
  readonly random: RandomBytes;
  /** What happens to a peer that does not seal: handed on as it is, or refused. */
  readonly plain: "accept" | "refuse";
  readonly limits?: Partial<SealLimits>;
  /** Owner of a link that is let in; a sealed one has a `peerKey`. */
  accept(link: Link): LinkEvents;
  /** Is told of everything that was refused. @default nobody */
  readonly onRefusal?: SealRefusalListener;
}

/** A hello that was answered: the keys that follow from it, and the answer to say it again. */
export interface Answered {
  readonly hello: Hello;
  readonly channel: SealChannel;
  readonly welcome: Uint8Array;
}

/** @see module */
export class SealGate {
  readonly clock: Clock;
  readonly limits: SealLimits;
  readonly plain: "accept" | "refuse";
  readonly #options: SealGateOptions;
  readonly #keyring: Keyring;
  /** Randoms of hellos that were answered, the oldest first. */
  readonly #seen = new Set<string>();
  /** What is under way, by whoever can end it. */
  readonly #handshakes = new Set<{ abandon(): void }>();

  /** @throws {RangeError} where a key or a limit breaks its rule. */
  constructor(options: SealGateOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.plain = options.plain;
    this.limits = sealLimits(options.limits);
    this.#keyring = new Keyring(options.keys, "accept sealed links");
  }

  /** Handshakes under way. */
  get handshakes(): number {
    return this.#handshakes.size;
  }

  /** The events of a link that has just come in. */
  enter(link: Link): LinkEvents {
    return link.kind === "stream" ? new StreamGate(link, this) : new DatagramGate(link, this);
  }

  /** Gives up every handshake under way. */
  close(): void {
    for (const handshake of this.#handshakes) handshake.abandon();
    this.#handshakes.clear();
  }

  /** Takes a place among the handshakes under way; false where there is none. */
  begin(handshake: { abandon(): void }): boolean {
    if (this.#handshakes.size >= this.limits.handshakesMax) return false;
    this.#handshakes.add(handshake);
    return true;
  }

  /** Gives the place back. */
  finish(handshake: { abandon(): void }): void {
    this.#handshakes.delete(handshake);
  }

  /** Reads a hello; one that was answered before is a replay. */
  read(bytes: Uint8Array): Hello | SealRefusal {
    const hello = readHello(this.#keyring, bytes);
    if (typeof hello === "string") return hello === "not-authentic" ? "forged" : hello;
    return hello;
  }

  /** Whether this hello was answered before. */
  hasAnswered(hello: Hello): boolean {
    return this.#seen.has(hello.name);
  }

  /** Answers a hello, once. */
  answer(hello: Hello): Answered {
    this.#remember(hello.name);
    const serverRandom = this.#options.random(RANDOM_BYTES);
    const { key, cipher, random: clientRandom } = hello;
    const agreement = { key, cipher, clientRandom, serverRandom };
    const channel = channelOf(agreement, "server", this.limits);
    return { hello, channel, welcome: createWelcome(hello, serverRandom) };
  }

  /** Hands a link on. */
  accept(link: Link): LinkEvents {
    return this.#options.accept(link);
  }

  /** Tells our side. */
  refused(refusal: SealRefusal, link: Link): void {
    this.#options.onRefusal?.(refusal, link.remote);
  }

  #remember(name: string): void {
    const [oldest] = this.#seen;
    if (this.#seen.size >= this.limits.hellosRemembered && oldest !== undefined) {
      this.#seen.delete(oldest);
    }
    this.#seen.add(name);
  }
}
