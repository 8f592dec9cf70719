/**
 * A TCP conversation put together again from what its stream carried.
 *
 * Handshake, sequence and acknowledgement numbers, segments of at most the MSS, FIN and RST are as
 * they would be on a wire without loss: what a stream delivers has no trace of the segments that
 * carried it. Each segment acknowledges everything seen so far the other way; a long run without an
 * answer gets an acknowledgement of its own. No SACK, no timestamps, an open window.
 */
import { crc32c } from "@faultline/protocol";
import { utf8 } from "../text.ts";
import { TcpFlag, tcpPacket, type Way } from "./packet.ts";

/** Which end sends. The client is the one that dialled. */
export type TcpSide = "client" | "server";

/** Takes a packet that was made. */
export type TakePacket = (packet: Uint8Array) => void;

/** What a conversation is made of. */
export interface TcpConversationOptions {
  /** From client to server. */
  readonly way: Way;
  /** Most payload bytes of a segment. */
  readonly mssBytes: number;
  /** Makes the first sequence numbers; the same text, the same numbers. */
  readonly label: string;
}

interface Side {
  readonly way: Way;
  sequence: number;
  unacknowledged: number;
  ended: boolean;
}

/** Window scale (RFC 7323): 65 535 · 2^7, eight MiB. */
const WINDOW_SHIFT = 7;
const WINDOW = 65_535;
/** Bytes one way without an answer after which the peer acknowledges by itself. */
const ACKNOWLEDGE_BYTES = 65_536;
const NOTHING = new Uint8Array(0);

/** @see module */
export class TcpConversation {
  readonly #client: Side;
  readonly #server: Side;
  readonly #mssBytes: number;

  constructor({ way, mssBytes, label }: TcpConversationOptions) {
    const back = { source: way.target, target: way.source };
    this.#mssBytes = mssBytes;
    this.#client = side(way, `${label}>`);
    this.#server = side(back, `${label}<`);
  }

  /** The first SYN. */
  begin(take: TakePacket): void {
    this.#sendFlags(this.#client, TcpFlag.syn, take);
  }

  /** The answer to it, and the acknowledgement of that. */
  open(take: TakePacket): void {
    this.#sendFlags(this.#server, TcpFlag.syn | TcpFlag.ack, take);
    this.#sendFlags(this.#client, TcpFlag.ack, take);
  }

  /** Bytes, cut to segments. */
  send(from: TcpSide, bytes: Uint8Array, take: TakePacket): void {
    const sender = this.#side(from);
    if (sender.ended) return;
    for (let at = 0; at < bytes.length; at += this.#mssBytes) {
      const payload = bytes.subarray(at, at + this.#mssBytes);
      const last = at + this.#mssBytes >= bytes.length;
      this.#sendFlags(sender, TcpFlag.ack | (last ? TcpFlag.push : 0), take, payload);
      if (sender.unacknowledged >= ACKNOWLEDGE_BYTES) {
        this.#sendFlags(this.#other(sender), TcpFlag.ack, take);
      }
    }
  }

  /** A side's FIN, and the acknowledgement of it. */
  end(from: TcpSide, take: TakePacket): void {
    const sender = this.#side(from);
    if (sender.ended) return;
    this.#sendFlags(sender, TcpFlag.fin | TcpFlag.ack, take);
    sender.ended = true;
    this.#sendFlags(this.#other(sender), TcpFlag.ack, take);
  }

  /** A side's RST; nothing may follow. */
  reset(from: TcpSide, take: TakePacket): void {
    this.#sendFlags(this.#side(from), TcpFlag.rst | TcpFlag.ack, take);
    this.#client.ended = this.#server.ended = true;
  }

  #side(name: TcpSide): Side {
    return name === "client" ? this.#client : this.#server;
  }

  #other(one: Side): Side {
    return one === this.#client ? this.#server : this.#client;
  }

  #sendFlags(sender: Side, flags: number, take: TakePacket, payload: Uint8Array = NOTHING): void {
    const peer = this.#other(sender);
    const isSyn = (flags & TcpFlag.syn) !== 0;
    const header = {
      sequence: sender.sequence,
      acknowledged: (flags & TcpFlag.ack) === 0 ? 0 : peer.sequence,
      flags,
      window: WINDOW,
      options: isSyn ? synOptions(this.#mssBytes) : NOTHING,
    };
    const counted = isSyn || (flags & TcpFlag.fin) !== 0 ? 1 : 0;
    sender.sequence = (sender.sequence + payload.length + counted) >>> 0;
    sender.unacknowledged += payload.length;
    if ((flags & TcpFlag.ack) !== 0) peer.unacknowledged = 0;
    take(tcpPacket(sender.way, header, payload));
  }
}

function side(way: Way, label: string): Side {
  return { way, sequence: crc32c(utf8(label)) >>> 0, unacknowledged: 0, ended: false };
}

/** Maximum segment size, and the window scale after a byte of padding. */
function synOptions(mssBytes: number): Uint8Array {
  return Uint8Array.of(2, 4, mssBytes >>> 8, mssBytes & 0xff, 1, 3, 3, WINDOW_SHIFT);
}
