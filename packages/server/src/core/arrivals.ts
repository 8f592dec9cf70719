/**
 * What faults have left of the requests on a stream, taken apart again: the second decoder of the
 * frame codec.
 *
 *   pushed   [A   ][B   ]        [A ][B   ]      A cut short
 *   read     [A   ][B   ]        [A  ¦ ][ B]     A is damaged, and what is left of B cannot be read
 *
 * It also knows whose bytes it is reading, so that an answer goes to the message it began as, and so
 * that a message which another's damage took along is not taken for one that died of its own.
 */
import type { Frame, FrameLimits, Refusal } from "@faultline/protocol";
import { FrameDecoder } from "@faultline/protocol";
import type { Parcel, Ticket } from "./ticket.ts";

/** One frame of what arrived, whole or not. */
export interface Arrival {
  readonly item: Frame | Refusal;
  /** The message that it began as. */
  readonly ticket: Ticket;
  /** Whether it is that message from its beginning on. */
  readonly own: boolean;
}

/** @see module */
export class Arrivals {
  readonly #decoder: FrameDecoder;
  /** Messages of which bytes have been pushed and not been read as an item, the oldest first. */
  readonly #open: Ticket[] = [];
  /** The oldest has lost its beginning to the one before. */
  #headless = false;

  constructor(limits: Partial<FrameLimits>) {
    this.#decoder = new FrameDecoder(limits);
  }

  get bufferedBytes(): number {
    return this.#decoder.bufferedBytes;
  }

  /** Messages that have not been read, or no longer can be. */
  get torn(): readonly Ticket[] {
    return this.#open;
  }

  /** Takes a request, or the next piece of one. Its bytes are valid until `next` has none. */
  push({ ticket, bytes }: Parcel): void {
    if (bytes.length > 0 && this.#open.at(-1) !== ticket) this.#open.push(ticket);
    this.#decoder.push(bytes);
  }

  /** The next item, or undefined: not yet. After a fatal refusal there is none. */
  next(): Arrival | undefined {
    const item = this.#decoder.next();
    const ticket = this.#open[0];
    if (item === undefined || ticket === undefined) return undefined;
    const arrival = { item, ticket, own: !this.#headless };
    if (!this.#decoder.failed) this.#shift();
    return arrival;
  }

  /** The stream has ended: a refusal if inside a frame. */
  end(): Refusal | undefined {
    return this.#decoder.end();
  }

  /** What is left in the decoder belongs to the newest. */
  #shift(): void {
    const left = this.#decoder.bufferedBytes > 0 ? 1 : 0;
    this.#headless = left > 0 && this.#open.length > 1;
    this.#open.splice(0, this.#open.length - left);
  }
}
