/**
 * One stream at a server's gate: hello, welcome, the first record, and then its owner's.
 *
 * The first two bytes say whether the peer seals. Whatever is wrong before the first record is open
 * ends the connection, after an alert where that may help a friend.
 */
import type { Link, LinkError, LinkEvents, Timer } from "../ports.ts";
import type { SealRefusal } from "./channel.ts";
import type { SealGate } from "./gate.ts";
import { HANDSHAKE_RECORD_BYTES } from "./handshake.ts";
import { AlertCode, alertRecord, isSealed } from "./record.ts";
import { SealedLink } from "./sealed-link.ts";

const MAGIC_BYTES = 2;
const ALERTS: Readonly<Partial<Record<SealRefusal, AlertCode>>> = {
  forged: AlertCode.notAuthentic,
  "unknown-key": AlertCode.unknownKey,
  "unknown-cipher": AlertCode.unknownCipher,
};

/** @see module */
export class StreamGate implements LinkEvents {
  readonly #below: Link;
  readonly #gate: SealGate;
  #head: Uint8Array = new Uint8Array(0);
  #timer: Timer | undefined;
  /** A peer that does not seal, handed on. */
  #plain: LinkEvents | undefined;
  #sealed: SealedLink | undefined;
  #isOver = false;

  constructor(below: Link, gate: SealGate) {
    this.#below = below;
    this.#gate = gate;
    // Asked for now: a peer that has gone has no name any more.
    void below.remote;
    if (!gate.begin(this)) {
      this.#refuse("handshakes-full");
      return;
    }
    const atUs = gate.clock.nowUs() + gate.limits.handshakeTimeoutMs * 1000;
    this.#timer = gate.clock.setTimer(atUs, () => {
      gate.refused("handshake-timeout", below);
      this.abandon();
    });
  }

  /** Gives the connection up. */
  abandon(): void {
    this.#settle();
    this.#isOver = true;
    this.#below.reset();
  }

  onOpen(): void {}

  onBytes(bytes: Uint8Array): void {
    if (this.#plain !== undefined) this.#plain.onBytes(bytes);
    else if (this.#isOver) return;
    else if (this.#sealed === undefined) this.#collect(bytes);
    else {
      const refused = this.#sealed.isOver ? undefined : this.#sealed.takeStream(bytes);
      if (refused !== undefined) this.#gate.refused(refused, this.#below);
    }
  }

  onDrain(): void {
    if (this.#plain !== undefined) this.#plain.onDrain();
    else this.#sealed?.drained();
  }

  onEnd(): void {
    if (this.#plain !== undefined) this.#plain.onEnd();
    else if (this.#sealed !== undefined) this.#sealed.ended();
    else if (!this.#isOver) this.abandon();
  }

  onClose(error: LinkError | undefined): void {
    this.#settle();
    this.#isOver = true;
    if (this.#plain !== undefined) this.#plain.onClose(error);
    else this.#sealed?.closed(error);
  }

  #collect(bytes: Uint8Array): void {
    const wanted = HANDSHAKE_RECORD_BYTES - this.#head.length;
    const part = bytes.subarray(0, wanted);
    const head = new Uint8Array(this.#head.length + part.length);
    head.set(this.#head);
    head.set(part, this.#head.length);
    this.#head = head;
    if (head.length < MAGIC_BYTES) return;
    const rest = bytes.subarray(part.length);
    if (!isSealed(head)) this.#handOn(head, rest);
    else if (head.length === HANDSHAKE_RECORD_BYTES) {
      this.#answer(head);
      if (rest.length > 0) this.onBytes(rest);
    }
  }

  /** A peer that does not seal. */
  #handOn(head: Uint8Array, rest: Uint8Array): void {
    if (this.#gate.plain === "refuse") {
      this.#refuse("not-sealed");
      return;
    }
    this.#settle();
    this.#plain = this.#gate.accept(this.#below);
    this.#plain.onOpen();
    this.#plain.onBytes(head);
    if (rest.length > 0) this.#plain.onBytes(rest);
  }

  #answer(head: Uint8Array): void {
    const gate = this.#gate;
    const hello = gate.read(head);
    if (typeof hello === "string") this.#refuse(hello);
    else if (gate.hasAnswered(hello)) this.#refuse("replayed");
    else {
      const { channel, welcome } = gate.answer(hello);
      const link = new SealedLink(this.#below, gate.limits);
      link.onProof = () => this.#admit(link);
      link.open(channel, hello.key.id);
      this.#sealed = link;
      this.#below.send(welcome);
    }
  }

  /** The first record has proved that there is somebody: the link gets its owner. */
  #admit(link: SealedLink): void {
    this.#settle();
    const owner = this.#gate.accept(link);
    link.own(owner);
    owner.onOpen();
  }

  #refuse(refusal: SealRefusal): void {
    this.#gate.refused(refusal, this.#below);
    const alert = ALERTS[refusal];
    this.#isOver = true;
    if (alert === undefined) {
      this.abandon();
      return;
    }
    // Ended and not reset, so that the alert arrives; the timer sees to a peer that stays.
    this.#below.send(alertRecord(alert));
    this.#below.end();
  }

  #settle(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#gate.finish(this);
  }
}
