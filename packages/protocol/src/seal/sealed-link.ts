/**
 * A link whose bytes are sealed, once the handshake has given it keys: the part both ends share.
 *
 *   owner ── send ──► Sealer ──► link below          owner ◄── plain ── Opener ◄── link below
 *
 * Datagrams that do not open are dropped without a word, and nothing has changed. On a stream
 * every record must open, in order: one that does not ends the connection, since bytes are missing
 * from here on. An end of stream counts only behind a sealed `end`; without one the stream was cut,
 * and the owner is told of a reset.
 */
import type { Link, LinkError, LinkEvents } from "../ports.ts";
import type { OpenedDatagram, SealChannel, SealRefusal } from "./channel.ts";
import { openDatagram } from "./channel.ts";
import { joinBytes } from "./derive.ts";
import type { SealLimits } from "./limits.ts";
import { RecordReader } from "./reader.ts";
import type { RecordHeader } from "./record.ts";
import { RECORD_BYTES_MAX, RecordType, SEAL_OVERHEAD_BYTES } from "./record.ts";

/** What IPv4 lets one UDP datagram carry: 65 535 less 20 and 8 bytes of headers. */
const DATAGRAM_BYTES_MAX = 65_507;
const EMPTY = new Uint8Array(0);
const SPENT: LinkError = { code: "failed", message: "The keys of the sealed link are used up." };
const FORGED: LinkError = {
  code: "failed",
  message: "A sealed record was not authentic, or came twice or out of order.",
};
const CUT: LinkError = {
  code: "reset",
  message: "The sealed stream was cut: it ended without its end record.",
};

/** One end. Its handshake part feeds it, and the owner holds it as its link. */
export class SealedLink implements Link {
  readonly kind: Link["kind"];
  /** Who the other end is: the id of the key that it proved to have; undefined before. */
  peerKey: string | undefined;
  /** Called when the first record of a stream has been opened: now the peer is known to be there. */
  onProof: () => void = () => {};
  readonly #below: Link;
  readonly #limits: SealLimits;
  readonly #reader = new RecordReader();
  #owner: LinkEvents | undefined;
  #channel: SealChannel | undefined;
  /** Taken before the channel was there. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #ending = false;
  #peerEnded = false;
  #dropped = false;
  #closed = false;
  #failure: LinkError | undefined;

  constructor(below: Link, limits: SealLimits) {
    this.kind = below.kind;
    this.#below = below;
    this.#limits = limits;
  }

  get remote(): string {
    return this.#below.remote;
  }

  get local(): string {
    return this.#below.local;
  }

  get overheadBytes(): number {
    return (this.#below.overheadBytes ?? 0) + SEAL_OVERHEAD_BYTES;
  }

  get messageBytesMax(): number | undefined {
    if (this.kind === "stream") return undefined;
    return (this.#below.messageBytesMax ?? DATAGRAM_BYTES_MAX) - SEAL_OVERHEAD_BYTES;
  }

  /** Whether the handshake is over. */
  get isOpen(): boolean {
    return this.#channel !== undefined;
  }

  /** Whether it was given up, by either side of it. */
  get isOver(): boolean {
    return this.#dropped || this.#closed;
  }

  /** Who is told from now on. */
  own(owner: LinkEvents): void {
    this.#owner = owner;
  }

  /**
   * The handshake is over, or was made anew: what waits goes out.
   *
   * @param saysReady whether an empty record goes first, which tells a server so. @default false
   */
  open(channel: SealChannel, peerKey: string, saysReady = false): void {
    const isFirst = this.#channel === undefined;
    this.#channel = channel;
    this.peerKey = peerKey;
    if (saysReady) this.#seal(channel, RecordType.ready, EMPTY);
    if (isFirst) this.#begin();
  }

  send(bytes: Uint8Array): boolean {
    if (this.isOver) return true;
    const channel = this.#channel;
    if (channel === undefined) {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
      return this.#waitingBytes <= this.#limits.pendingBytesMax;
    }
    if (this.kind === "stream" && bytes.length > RECORD_BYTES_MAX) return this.#sendParts(bytes);
    return this.#seal(channel, RecordType.data, bytes);
  }

  pause(): void {
    this.#below.pause();
  }

  resume(): void {
    this.#below.resume();
  }

  end(): void {
    if (this.#ending || this.isOver) return;
    this.#ending = true;
    if (this.kind === "datagram") this.#below.end();
    else if (this.#channel !== undefined) this.#sendEnd();
  }

  reset(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.#below.reset();
  }

  /** Drops the link; its owner is told why when it is closed. */
  fail(error: LinkError): void {
    if (this.isOver) return;
    this.#failure = error;
    this.reset();
  }

  /** Takes one datagram. @returns why it was dropped, or undefined: its bytes were passed on. */
  takeDatagram(bytes: Uint8Array): SealRefusal | undefined {
    const channel = this.#channel;
    if (channel === undefined) return "not-sealed";
    const opened = openDatagram(channel, bytes);
    if (typeof opened !== "string") {
      this.pass(opened);
      return undefined;
    }
    if (channel.opener.isSpent) this.fail(SPENT);
    return opened;
  }

  /** Hands what a datagram held to the owner. */
  pass({ isData, plain }: OpenedDatagram): void {
    if (isData && !this.isOver) this.#owner?.onBytes(plain);
  }

  /** Takes the next bytes of a stream. @returns why the link failed, or undefined. */
  takeStream(bytes: Uint8Array): SealRefusal | undefined {
    this.#reader.push(bytes);
    const plains: Uint8Array[] = [];
    let refused: SealRefusal | undefined;
    for (;;) {
      const next = this.#reader.next();
      if (next === undefined) break;
      const plain = next === "broken" ? "not-sealed" : this.#openNext(next.header, next.record);
      if (typeof plain === "string") refused = plain;
      else if (plain.length > 0) plains.push(plain);
      if (refused !== undefined) break;
    }
    // One event below is one event above, so that replies to it can leave together.
    if (plains.length > 0 && !this.isOver) {
      this.#owner?.onBytes(plains.length === 1 ? plains[0]! : joinBytes(...plains));
    }
    if (refused !== undefined) this.fail(FORGED);
    return refused;
  }

  /** The link below can take more. */
  drained(): void {
    if (this.#channel !== undefined && !this.isOver) this.#owner?.onDrain();
  }

  /** The stream below has ended. */
  ended(): void {
    if (this.isOver) return;
    if (this.#peerEnded) this.#owner?.onEnd();
    else this.fail(CUT);
  }

  /** The link below is gone. */
  closed(error: LinkError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#owner?.onClose(this.#failure ?? error);
  }

  #begin(): void {
    this.#owner?.onOpen();
    const waiting = this.#waiting.splice(0);
    const wasFull = this.#waitingBytes > this.#limits.pendingBytesMax;
    this.#waitingBytes = 0;
    let hasRoom = true;
    for (const bytes of waiting) if (!this.send(bytes)) hasRoom = false;
    if (this.#ending) this.#sendEnd();
    else if (wasFull && hasRoom) this.#owner?.onDrain();
  }

  #openNext(header: RecordHeader, record: Uint8Array): Uint8Array | SealRefusal {
    const channel = this.#channel;
    const isEnd = header.type === RecordType.end;
    const isSealed = isEnd || header.type === RecordType.data || header.type === RecordType.ready;
    if (channel === undefined || this.#peerEnded || !isSealed) return "not-sealed";
    // TCP keeps the order, so whoever changed it was not TCP.
    const { highest } = channel.opener;
    if (header.sequence !== highest + 1) return "replayed";
    const plain = channel.opener.open(header, record);
    if (typeof plain === "string") return plain;
    if (highest < 0) this.onProof();
    if (isEnd) this.#peerEnded = true;
    return plain;
  }

  #sendParts(bytes: Uint8Array): boolean {
    let hasRoom = true;
    for (let at = 0; at < bytes.length; at += RECORD_BYTES_MAX) {
      hasRoom = this.send(bytes.subarray(at, at + RECORD_BYTES_MAX));
    }
    return hasRoom;
  }

  #sendEnd(): void {
    if (this.#channel !== undefined) this.#seal(this.#channel, RecordType.end, EMPTY);
    if (!this.#dropped) this.#below.end();
  }

  #seal({ sealer }: SealChannel, type: RecordType, plain: Uint8Array): boolean {
    if (sealer.isSpent) {
      this.fail(SPENT);
      return true;
    }
    return this.#below.send(sealer.seal(type, plain));
  }
}
