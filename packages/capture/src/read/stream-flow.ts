/**
 * One direction of a TCP connection as its segments tell it: frames, TLS records, or neither.
 */
import type { Frame, Refusal } from "@faultline/protocol";
import { FrameDecoder, isRefusal } from "@faultline/protocol";
import { ANY_SIGNATURE } from "../limits.ts";
import type { Holder } from "./flow-table.ts";
import { type TlsCounts, TlsRecords } from "./tls-records.ts";
import type { Carried } from "./transport.ts";

const MAGIC = [0xfa, 0x17];

/** A frame or what was refused, and the bytes of it. */
export interface StreamItem {
  readonly item: Frame | Refusal;
  readonly bytes: Uint8Array;
}

/** @see module */
export class StreamFlow implements Holder {
  readonly #counts: TlsCounts;
  #decoder = new FrameDecoder(ANY_SIGNATURE);
  #tls: TlsRecords;
  /** The sequence number that comes next; undefined: any. */
  #next: number | undefined;
  /** Whether it began like frames do. */
  #isOurs: boolean | undefined;

  constructor(counts: TlsCounts) {
    this.#counts = counts;
    this.#tls = new TlsRecords(counts);
  }

  /** Bytes of a frame that is not whole. */
  get heldBytes(): number {
    return this.#decoder.bufferedBytes;
  }

  /**
   * What ends in a segment; undefined where that is something else.
   *
   * @param isKnown whether it is said to be frames, whatever it begins with
   */
  take(carried: Carried, isKnown: boolean): StreamItem[] | undefined {
    const payload = this.#fresh(carried);
    if (payload.length === 0) return [];
    this.#isOurs ??= MAGIC.every((byte, at) => payload[at] === undefined || payload[at] === byte);
    if (!this.#isOurs && !isKnown) {
      this.#tls.push(payload);
      return undefined;
    }
    return this.#decoder.failed ? [] : this.#read(payload);
  }

  /** What of a segment was not there before. Behind a gap, reading begins anew. */
  #fresh({ payload, sequence }: Carried): Uint8Array {
    const ahead = this.#next === undefined ? 0 : (sequence - this.#next) | 0;
    if (ahead > 0) {
      this.#decoder = new FrameDecoder(ANY_SIGNATURE);
      this.#tls = new TlsRecords(this.#counts);
      this.#isOurs = undefined;
    }
    const rest = ahead < 0 ? payload.subarray(Math.min(-ahead, payload.length)) : payload;
    if (rest.length > 0) this.#next = (sequence + payload.length) >>> 0;
    return rest;
  }

  #read(payload: Uint8Array): StreamItem[] {
    const items: StreamItem[] = [];
    const decoder = this.#decoder;
    decoder.push(payload);
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
      const whole = isRefusal(item) && item.fatal ? payload : decoder.raw();
      items.push({ item: owned(item), bytes: whole.slice() });
    }
    return items;
  }
}

/** A frame whose payload outlives the decoder's next call. */
function owned(item: Frame | Refusal): Frame | Refusal {
  return isRefusal(item) ? item : { ...item, payload: item.payload.slice() };
}
