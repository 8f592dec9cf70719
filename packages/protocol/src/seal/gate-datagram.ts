/**
 * One datagram peer at a server's gate: an address whose datagrams anybody can write.
 *
 * It has at most one session in use and one handshake under way; a record that opens with the keys
 * of the handshake makes it the session in use (the client has dialled again from the same port).
 * Whatever opens with neither is dropped, and leaves nothing behind: a peer that has proved nothing
 * is forgotten with its datagram.
 */
import type { Link, LinkError, LinkEvents, Timer } from "../ports.ts";
import type { SealRefusal } from "./channel.ts";
import { openDatagram } from "./channel.ts";
import type { Answered, SealGate } from "./gate.ts";
import { HANDSHAKE_RECORD_BYTES } from "./handshake.ts";
import { isSealed, RecordType } from "./record.ts";
import { SealedLink } from "./sealed-link.ts";

const TYPE_AT = 3;

/** @see module */
export class DatagramGate implements LinkEvents {
  readonly #below: Link;
  readonly #gate: SealGate;
  #plain: LinkEvents | undefined;
  #answered: Answered | undefined;
  #timer: Timer | undefined;
  #sealed: SealedLink | undefined;

  constructor(below: Link, gate: SealGate) {
    this.#below = below;
    this.#gate = gate;
  }

  /** Gives the handshake under way up. */
  abandon(): void {
    this.#settle();
    this.#forgetIfNobody();
  }

  onOpen(): void {}

  onBytes(bytes: Uint8Array): void {
    const refused = isSealed(bytes) ? this.#record(bytes) : this.#handOn(bytes);
    if (refused !== undefined) this.#gate.refused(refused, this.#below);
    this.#forgetIfNobody();
  }

  onDrain(): void {
    this.#plain?.onDrain();
    this.#sealed?.drained();
  }

  onEnd(): void {
    this.#plain?.onEnd();
  }

  onClose(error: LinkError | undefined): void {
    this.#settle();
    this.#plain?.onClose(error);
    this.#sealed?.closed(error);
  }

  /** A peer that does not seal. Once one has, what comes from its address without a seal is not it. */
  #handOn(bytes: Uint8Array): SealRefusal | undefined {
    if (this.#gate.plain === "refuse" || this.#sealed !== undefined) return "not-sealed";
    if (this.#plain === undefined) {
      this.#plain = this.#gate.accept(this.#below);
      this.#plain.onOpen();
    }
    this.#plain.onBytes(bytes);
    return undefined;
  }

  #record(bytes: Uint8Array): SealRefusal | undefined {
    if (bytes[TYPE_AT] === RecordType.hello && bytes.length === HANDSHAKE_RECORD_BYTES) {
      return this.#hello(bytes);
    }
    const refused = this.#sealed === undefined ? "not-sealed" : this.#sealed.takeDatagram(bytes);
    if (refused === undefined || this.#answered === undefined) return refused;
    return this.#first(this.#answered, bytes);
  }

  #hello(bytes: Uint8Array): SealRefusal | undefined {
    const gate = this.#gate;
    const hello = gate.read(bytes);
    if (typeof hello === "string") return hello;
    if (gate.hasAnswered(hello)) {
      if (this.#answered?.hello.name !== hello.name) return "replayed";
      // Its welcome may have been lost: the same again, until the first record has come.
      this.#below.send(new Uint8Array(this.#answered.welcome));
      return undefined;
    }
    if (this.#answered === undefined && !gate.begin(this)) return "handshakes-full";
    this.#timer?.cancel();
    const atUs = gate.clock.nowUs() + gate.limits.handshakeTimeoutMs * 1000;
    this.#timer = gate.clock.setTimer(atUs, () => this.abandon());
    this.#answered = gate.answer(hello);
    this.#below.send(new Uint8Array(this.#answered.welcome));
    return undefined;
  }

  /** A record that opens with the keys of the handshake under way ends it well. */
  #first({ channel, hello }: Answered, bytes: Uint8Array): SealRefusal | undefined {
    const opened = openDatagram(channel, bytes);
    if (typeof opened === "string") return opened;
    this.#settle();
    const known = this.#sealed;
    const link = known ?? new SealedLink(this.#below, this.#gate.limits);
    this.#sealed = link;
    if (known === undefined) {
      this.#plain?.onClose(undefined);
      this.#plain = undefined;
      link.own(this.#gate.accept(link));
    }
    link.open(channel, hello.key.id);
    link.pass(opened);
    return undefined;
  }

  #settle(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#answered = undefined;
    this.#gate.finish(this);
  }

  #forgetIfNobody(): void {
    if (this.#plain ?? this.#sealed ?? this.#answered) return;
    this.#below.end();
  }
}
