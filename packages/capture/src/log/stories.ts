/**
 * What connections said in the clear, where the wire shows only encrypted bytes: a tap above TLS.
 *
 *   client ─► tap (stories) ─► TLS ─► tap (log) ─► socket
 *
 * Kept of each message are its header and where it ended in the plain stream; no payload, no secret. A
 * capture is commented with it: records carry the plain bytes one after the other, so their sizes say
 * whose messages are in them. The number of messages kept is bounded.
 */
import type { Frame, Refusal, Wire, WireTap, WireWatcher } from "@faultline/protocol";
import { FrameDecoder, isRefusal } from "@faultline/protocol";
import { ANY_SIGNATURE } from "../limits.ts";

/** A message, and where it ended. */
export interface ToldMessage {
  /** Without its payload. */
  readonly item: Frame | Refusal;
  /** Offset of the byte after it, in the plain bytes of its direction. */
  readonly end: number;
}

/** One direction of a connection. */
export interface StorySide {
  /** Plain bytes. */
  readonly bytes: number;
  readonly messages: readonly ToldMessage[];
  /** Offsets at which the first reads ended: there a record ended, too. Of what was sent none. */
  readonly reads: readonly number[];
}

/** One connection, from when its handshake was over. */
export interface Story {
  readonly openedUs: number;
  readonly request: StorySide;
  readonly reply: StorySide;
}

/** Messages kept of all connections together. */
export const TOLD_MAX = 262_144;
/** Reads whose end is kept: enough to find where the first record begins. */
const READS_MAX = 16;
const NOTHING = new Uint8Array(0);

/** @see module */
export class Stories implements WireTap {
  readonly #ofLocal = new Map<string, Story[]>();
  readonly #toldMax: number;
  #told = 0;

  constructor(toldMax: number = TOLD_MAX) {
    this.#toldMax = toldMax;
  }

  open({ local, openedUs }: Wire): WireWatcher {
    const request = new Side(this.#keep, false);
    const reply = new Side(this.#keep, true);
    const stories = this.#ofLocal.get(local) ?? [];
    this.#ofLocal.set(local, stories);
    stories.push({ openedUs, request, reply });
    return {
      sent: (bytes) => request.take(bytes),
      received: (bytes) => reply.take(bytes),
      ended() {},
      reset() {},
    };
  }

  keyLog(): void {}

  /** The story of the connection that a wire of that address opened at that time came to. */
  ofWire({ local, openedUs }: Pick<Wire, "local" | "openedUs">): Story | undefined {
    return this.#ofLocal.get(local)?.find((story) => story.openedUs >= openedUs);
  }

  /** Whether there is room for one more message. */
  readonly #keep = (): boolean => this.#told++ < this.#toldMax;
}

/** Reads along with one direction. */
class Side implements StorySide {
  readonly messages: ToldMessage[] = [];
  readonly reads: number[] = [];
  readonly #decoder = new FrameDecoder(ANY_SIGNATURE);
  readonly #keep: () => boolean;
  readonly #isRead: boolean;
  #bytes = 0;

  constructor(keep: () => boolean, isRead: boolean) {
    this.#keep = keep;
    this.#isRead = isRead;
  }

  get bytes(): number {
    return this.#bytes;
  }

  take(bytes: Uint8Array): void {
    const decoder = this.#decoder;
    this.#bytes += bytes.length;
    if (this.#isRead && this.reads.length < READS_MAX) this.reads.push(this.#bytes);
    decoder.push(bytes);
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
      const end = decoder.failed ? this.#bytes : this.#bytes - decoder.bufferedBytes;
      if (this.#keep()) this.messages.push({ item: withoutPayload(item), end });
    }
  }
}

function withoutPayload(item: Frame | Refusal): Frame | Refusal {
  return isRefusal(item) ? item : { ...item, payload: NOTHING };
}
