/**
 * What both senders of a stream have in common: bytes wait in a queue until they may be sent, the
 * owner is told when there is room again, and the end of the direction follows the last of them.
 *
 * When something may be sent, and what a loss means, is the sender's own matter (`transmit`).
 */
import { ByteQueue } from "./byte-queue.ts";
import type { StreamEnd } from "./end.ts";
import { Segment } from "./segment.ts";

/** Where the numbers of packets outside the order of the bytes begin: probes. */
const ORDINAL_PROBE = 2 ** 41;

/** One direction, at the end where bytes go in. */
export abstract class Outgoing {
  readonly end: StreamEnd;
  readonly flow: number;
  isFinSent = false;
  isEnded = false;
  protected readonly queue: ByteQueue = new ByteQueue();
  protected isOpen = false;
  #isFull = false;
  #probes = 0;

  constructor(end: StreamEnd, flow: number) {
    this.end = end;
    this.flow = flow;
  }

  /** Completes the handshake: what the one who dialled sends first. */
  abstract announce(): void;

  /** Sends what may be sent now, and calls `emptied` when nothing is left in the queue. */
  abstract transmit(): void;

  /** Sends the end of this direction, once. */
  protected abstract sendFin(): void;

  /** Queues bytes and sends what may be sent. @returns false when the queue is full. */
  push(bytes: Uint8Array): boolean {
    if (bytes.length > 0) {
      this.queue.push(bytes);
      this.transmit();
    }
    if (this.queue.length >= this.end.world.stream.sendBufferBytes) this.#isFull = true;
    return !this.#isFull;
  }

  /** Sends what was queued before the handshake was over, and from now on at once. */
  open(): void {
    this.isOpen = true;
    this.transmit();
  }

  /** Ends this direction after what is queued. */
  finish(): void {
    this.isEnded = true;
    this.transmit();
  }

  /** Nothing more is sent, and nothing is sent again. */
  stop(): void {
    this.isOpen = false;
    this.queue.clear();
  }

  /** Everything queued has been sent. */
  protected emptied(): void {
    if (this.#isFull) {
      this.#isFull = false;
      this.end.tellLater(() => this.end.owner?.onDrain());
    }
    if (!this.isEnded || this.isFinSent) return;
    this.isFinSent = true;
    this.sendFin();
    this.end.closeIfDone();
  }

  /** Asks the peer for an acknowledgement. */
  protected nextProbe(): Segment {
    return new Segment(this, "probe", ORDINAL_PROBE + this.#probes++);
  }
}
