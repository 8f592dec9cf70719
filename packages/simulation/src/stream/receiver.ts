/**
 * The receiving half of one direction of a stream: order, reading, acknowledgement.
 *
 * Every segment that was ever sent stands in the row of those expected until its owner has read
 * it; what arrives is marked there, and what stands marked at the front is read. So bytes after a
 * lost segment wait for it, and bytes for an owner that paused wait for the owner, in one place.
 */
import { Mode } from "../event.ts";
import type { Reader } from "../reading.ts";
import { Reading } from "../reading.ts";
import type { StreamEnd } from "./end.ts";
import type { Segment } from "./segment.ts";

/** One direction, at the end where bytes come out. */
export class StreamReceiver implements Reader {
  readonly #end: StreamEnd;
  /** First and last of the row: sent, but not read. */
  #first: Segment | undefined;
  #last: Segment | undefined;
  /** Bytes that the owner has been given. */
  readBytes = 0;
  #isHeld = false;
  isEnded = false;

  constructor(end: StreamEnd) {
    this.#end = end;
  }

  get address(): string {
    return this.#end.address;
  }

  /** A segment has been sent for the first time. */
  expect(segment: Segment): void {
    if (this.#first === undefined) this.#first = segment;
    else (this.#last as Segment).next = segment;
    this.#last = segment;
  }

  /** The handshake is over: its answer stands before everything else in the row. */
  open(answer: Segment): void {
    answer.hasArrived = true;
    this.expect(answer);
    this.#read();
  }

  /** A segment has come. It is acknowledged first: what its owner does now may be sent too. */
  arrive(segment: Segment): void {
    segment.hasArrived = true;
    this.#acknowledge(segment);
    this.#readAndOpen();
    this.#end.reno?.acknowledger.arrived(segment);
  }

  /** Reads what waits, after the owner paused or was paused. */
  readOn(): void {
    this.#isHeld = false;
    this.#readAndOpen();
    this.#end.reno?.acknowledger.read();
  }

  /** Reads, and lets the peer send more for what was read. */
  #readAndOpen(): void {
    const first = this.#first;
    if (first?.hasArrived !== true) return;
    this.#read();
    if (this.#first !== first && !this.#end.isGone) this.#acknowledge(first);
  }

  /** Nothing is read any more. */
  stop(): void {
    this.#first = undefined;
  }

  /** Hands over what is there, in order, as long as the owner takes it. */
  #read(): void {
    const end = this.#end;
    for (;;) {
      const segment = this.#first;
      if (segment?.hasArrived !== true || end.isOver) return;
      // A link can be paused before it is open; it opens all the same.
      if (end.isPaused && segment.what !== "open") return;
      if (end.process.mode !== Mode.running) {
        this.#wait();
        return;
      }
      this.#handOver(segment);
    }
  }

  #handOver(segment: Segment): void {
    const end = this.#end;
    if (segment.what === "data") {
      const bytes = this.#takeBytes(segment);
      this.readBytes += bytes.length;
      end.owner?.onBytes(bytes);
      return;
    }
    this.#first = segment.next;
    if (segment.what === "open") end.openRead();
    else {
      this.isEnded = true;
      end.owner?.onEnd();
      end.closeIfDone();
    }
  }

  /** The bytes at the front: those of one segment, or of all that wait, in one piece. */
  #takeBytes(first: Segment): Uint8Array {
    const { readBytesMax } = this.#end.world.stream;
    let size = first.size;
    let end = first.next;
    while (end?.hasArrived === true && end.what === "data" && size + end.size <= readBytesMax) {
      size += end.size;
      end = end.next;
    }
    this.#first = end;
    return end === first.next ? first.bytes : joined(first, end, size);
  }

  /** The process is stopped: its stack keeps the bytes, and reading goes on when it does. */
  #wait(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    const { process } = this.#end;
    process.hold(new Reading(process, this));
  }

  #acknowledge(segment: Segment): void {
    const { peer, outward, world } = this.#end;
    const sender = peer?.plain;
    if (sender === undefined || peer?.isGone === true) return;
    if (outward.isCut) sender.missAcknowledgement(segment);
    else {
      const atUs = world.kernel.nowUs + outward.options.delayUs;
      sender.acknowledge(atUs, this.readBytes + world.stream.windowBytes);
    }
  }
}

/** The bytes of the segments from `first` to the one before `end`. */
function joined(first: Segment, end: Segment | undefined, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (let segment: Segment | undefined = first; segment !== end; segment = segment?.next) {
    bytes.set((segment as Segment).bytes, at);
    at += (segment as Segment).size;
  }
  return bytes;
}
