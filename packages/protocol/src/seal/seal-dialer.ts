/**
 * The client's end: a dialer whose links are sealed before anything else passes.
 *
 *   sealDialer(tcpDialer(…), { keys, clock, random })   goes wherever a dialer goes
 *
 * To the client a link is open when the server has proved that it knows the secret, now. A hello
 * that is lost on datagrams is sent again; on a stream an alert says why a server will not, and is
 * believed as far as a reset would be: anybody on the way can send one.
 */
import type { Clock, Dialer, Link, LinkError, LinkEvents, Timer } from "../ports.ts";
import type { SealRefusalListener } from "./channel.ts";
import { channelOf } from "./channel.ts";
import type { SealCipher } from "./cipher.ts";
import { SEAL_CIPHER_DEFAULT, SEAL_CIPHERS } from "./cipher.ts";
import type { Hello, RandomBytes } from "./handshake.ts";
import { createHello, HANDSHAKE_RECORD_BYTES, RANDOM_BYTES, readWelcome } from "./handshake.ts";
import type { SealKey } from "./key.ts";
import { Keyring } from "./key.ts";
import type { SealLimits } from "./limits.ts";
import { sealLimits } from "./limits.ts";
import { AlertCode, RECORD_HEADER_BYTES, RecordType, SEAL_OVERHEAD_BYTES } from "./record.ts";
import { SealedLink } from "./sealed-link.ts";

/** What a sealing dialer is made of. */
export interface SealDialerOptions {
  /** The first is used. Several are allowed so that both ends can be given the same list. */
  readonly keys: readonly SealKey[];
  /** @default "chacha20-poly1305": no tables, whose use could be timed */
  readonly cipher?: SealCipher;
  readonly clock: Clock;
  /** For each link's part of its keys: unpredictable, and never the same twice. */
  readonly random: RandomBytes;
  readonly limits?: Partial<SealLimits>;
  /** Is told of what was dropped or ended a link. @default nobody */
  readonly onRefusal?: SealRefusalListener;
}

/**
 * Seals whatever the dialer's links carry.
 *
 * @throws {RangeError} where a key, the cipher or a limit breaks its rule.
 */
export function sealDialer(dialer: Dialer, options: SealDialerOptions): Dialer {
  const { cipher = SEAL_CIPHER_DEFAULT, clock, random, onRefusal } = options;
  if (!SEAL_CIPHERS.includes(cipher)) {
    const rule = `one of ${SEAL_CIPHERS.join(", ")}`;
    throw new RangeError(`Cannot seal a link as "cipher" must be ${rule}: got ${String(cipher)}`);
  }
  const keyring = new Keyring(options.keys, "seal a link");
  const limits = sealLimits(options.limits);
  const parts = { keyring, cipher, clock, random, limits, onRefusal };
  return {
    kind: dialer.kind,
    overheadBytes: (dialer.overheadBytes ?? 0) + SEAL_OVERHEAD_BYTES,
    dial: (events) => new ClientHandshake(parts).dial(dialer, events),
  };
}

interface Parts {
  readonly keyring: Keyring;
  readonly cipher: SealCipher;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly limits: SealLimits;
  readonly onRefusal: SealRefusalListener | undefined;
}

const ALERTS: Readonly<Record<number, string>> = {
  [AlertCode.notAuthentic]: "the secret of the key is another there",
  [AlertCode.unknownKey]: "the key's id is not known there",
  [AlertCode.unknownCipher]: "the cipher is not known there",
};

/** The events of one link below, from the dial to the end. */
class ClientHandshake implements LinkEvents {
  readonly #parts: Parts;
  readonly #hello: Hello;
  #below: Link | undefined;
  #link: SealedLink | undefined;
  #timer: Timer | undefined;
  #deadlineUs = 0;
  #retryUs: number;
  /** The bytes of the welcome so far; only a stream cuts it. */
  #head: Uint8Array = new Uint8Array(0);

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#retryUs = parts.limits.helloRetryMs * 1000;
    this.#hello = createHello(parts.keyring, parts.cipher, parts.random(RANDOM_BYTES));
  }

  dial(dialer: Dialer, events: LinkEvents): Link {
    const below = dialer.dial(this);
    const link = new SealedLink(below, this.#parts.limits);
    link.own(events);
    this.#below = below;
    this.#link = link;
    return link;
  }

  onOpen(): void {
    const { clock, limits } = this.#parts;
    this.#deadlineUs = clock.nowUs() + limits.handshakeTimeoutMs * 1000;
    this.#sayHello();
  }

  onBytes(bytes: Uint8Array): void {
    const link = this.#link;
    if (link === undefined || link.isOver) return;
    if (link.kind === "datagram") this.#datagram(link, bytes);
    else if (link.isOpen) this.#refused(link.takeStream(bytes));
    else this.#streamHead(link, bytes);
  }

  onDrain(): void {
    this.#link?.drained();
  }

  onEnd(): void {
    const link = this.#link;
    if (link === undefined) return;
    if (link.isOpen) link.ended();
    else this.#fail("refused", "The server ended the handshake: it may know no keys.");
  }

  onClose(error: LinkError | undefined): void {
    this.#timer?.cancel();
    const isAbrupt = this.#link?.isOpen === false && this.#deadlineUs > 0;
    if (isAbrupt && error?.code === "reset") {
      const message = "The server dropped the handshake: it may know no keys.";
      this.#link?.closed({ code: "refused", message });
    } else this.#link?.closed(error);
  }

  #sayHello(): void {
    const link = this.#link;
    if (link === undefined || link.isOpen || link.isOver) return;
    const { clock } = this.#parts;
    const nowUs = clock.nowUs();
    if (nowUs >= this.#deadlineUs) {
      const { handshakeTimeoutMs } = this.#parts.limits;
      this.#fail("timeout", `The handshake was not answered in ${handshakeTimeoutMs} ms.`);
      return;
    }
    // A stream loses nothing: once is enough, and the timer only guards.
    const isFirst = this.#timer === undefined;
    if (isFirst || link.kind === "datagram") this.#below?.send(new Uint8Array(this.#hello.record));
    const retryUs = link.kind === "datagram" ? nowUs + this.#retryUs : Infinity;
    this.#retryUs *= 2;
    const atUs = Math.min(this.#deadlineUs, retryUs);
    this.#timer = clock.setTimer(atUs, () => this.#sayHello());
  }

  #datagram(link: SealedLink, bytes: Uint8Array): void {
    if (link.isOpen) this.#refused(link.takeDatagram(bytes));
    else if (!this.#welcome(link, bytes)) this.#refused("forged");
  }

  /** Collects the welcome, or an alert; what follows it in the same bytes are records. */
  #streamHead(link: SealedLink, bytes: Uint8Array): void {
    const wanted = HANDSHAKE_RECORD_BYTES - this.#head.length;
    const head = new Uint8Array(this.#head.length + Math.min(wanted, bytes.length));
    head.set(this.#head);
    head.set(bytes.subarray(0, wanted), this.#head.length);
    this.#head = head;
    if (head.length > RECORD_HEADER_BYTES && head[3] === RecordType.alert) {
      const why = ALERTS[head[RECORD_HEADER_BYTES]!] ?? "it does not say why";
      const { id } = this.#hello.key;
      this.#fail("refused", `The server does not accept the key "${id}": ${why}.`);
    } else if (head.length === HANDSHAKE_RECORD_BYTES) {
      if (!this.#welcome(link, head)) {
        this.#refused("forged");
        this.#fail("refused", "The server's answer to the handshake was not authentic.");
      } else if (bytes.length > wanted) this.onBytes(bytes.subarray(wanted));
    }
  }

  #welcome(link: SealedLink, bytes: Uint8Array): boolean {
    const hello = this.#hello;
    const serverRandom = readWelcome(hello, bytes);
    if (serverRandom === undefined) return false;
    this.#timer?.cancel();
    const { key, cipher, random } = hello;
    const agreement = { key, cipher, clientRandom: random, serverRandom };
    link.open(channelOf(agreement, "client", this.#parts.limits), key.id, true);
    return true;
  }

  #refused(refused: Parameters<SealRefusalListener>[0] | undefined): void {
    if (refused === undefined) return;
    this.#parts.onRefusal?.(refused, this.#below?.remote ?? "");
  }

  #fail(code: LinkError["code"], message: string): void {
    this.#timer?.cancel();
    this.#link?.fail({ code, message });
  }
}
