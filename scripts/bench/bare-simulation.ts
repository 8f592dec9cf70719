/**
 * The baseline of a simulated run: the shortest simulation that still sends real frames.
 *
 *   heap ─► client encodes ─ 50 µs ─► server decodes, encodes ─ 50 µs ─► client decodes
 *
 * One timer a client finds what was lost. It has no connections, sessions, reply cache, backoff,
 * deadlines, digest, statistics or result; it is what somebody writes who needs none of them.
 */
import { encodeFrame, type Frame, FrameDecoder, FrameType, isRefusal } from "@faultline/protocol";

import { BareHeap } from "./bare-heap.ts";

/** What is simulated. */
export interface BareWorkload {
  readonly messages: number;
  readonly clients: number;
  /** Between two messages of one client; 0: the next follows the reply. */
  readonly everyUs: number;
  /** Chance to lose a reply. */
  readonly loss: number;
}

const DELAY_US = 50;
const TIMEOUT_US = 3_000_000;
const FRAME: Omit<Frame, "operation" | "type" | "attempt"> = {
  checksum: "crc32c",
  flags: 0,
  status: 0,
  session: { high: 1, low: 2 },
  remainingMs: 0,
  payload: new Uint8Array(64).fill(0x61),
};

/** Simulates until every message is answered. */
export function simulateBare(workload: BareWorkload): void {
  const heap = new BareHeap();
  const luck = { state: 1 };
  const { messages, clients } = workload;
  for (let client = 0; client < clients; client += 1) {
    const own = Math.floor(messages / clients) + (client < messages % clients ? 1 : 0);
    new BareClient(heap, workload, luck).start(own);
  }
  while (heap.step());
}

class BareClient {
  readonly #heap: BareHeap;
  readonly #workload: BareWorkload;
  readonly #luck: { state: number };
  readonly #requests = new FrameDecoder();
  readonly #replies = new FrameDecoder();
  #left = 0;
  #operation = -1;
  #attempt = 0;
  #dueUs = Number.POSITIVE_INFINITY;

  constructor(heap: BareHeap, workload: BareWorkload, luck: { state: number }) {
    this.#heap = heap;
    this.#workload = workload;
    this.#luck = luck;
  }

  start(messages: number): void {
    this.#left = messages;
    this.#next();
    this.#watch();
  }

  #next(): void {
    this.#operation += 1;
    this.#attempt = 0;
    this.#left -= 1;
    this.#send();
  }

  #send(): void {
    this.#attempt += 1;
    this.#dueUs = this.#heap.nowUs + TIMEOUT_US;
    const bytes = this.#encode(FrameType.data);
    this.#heap.schedule(this.#heap.nowUs + DELAY_US, () => this.#serve(bytes));
  }

  #serve(bytes: Uint8Array): void {
    decode(this.#requests, bytes);
    const { state } = this.#luck;
    this.#luck.state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (state < this.#workload.loss * 2 ** 32) return;
    const reply = this.#encode(FrameType.reply);
    this.#heap.schedule(this.#heap.nowUs + DELAY_US, () => this.#answered(reply));
  }

  #answered(bytes: Uint8Array): void {
    decode(this.#replies, bytes);
    this.#dueUs = Number.POSITIVE_INFINITY;
    if (this.#left === 0) return;
    const { everyUs } = this.#workload;
    if (everyUs === 0) this.#next();
    else this.#heap.schedule(this.#heap.nowUs + everyUs, () => this.#next());
  }

  /** Looks once in a while whether the reply is late, until there is nothing left to send. */
  #watch(): void {
    if (this.#heap.nowUs >= this.#dueUs) this.#send();
    if (this.#left === 0 && this.#dueUs === Number.POSITIVE_INFINITY) return;
    this.#heap.schedule(Math.min(this.#dueUs, this.#heap.nowUs + TIMEOUT_US), () => this.#watch());
  }

  #encode(type: FrameType): Uint8Array {
    return encodeFrame({ ...FRAME, type, operation: this.#operation, attempt: this.#attempt });
  }
}

function decode(decoder: FrameDecoder, bytes: Uint8Array): void {
  decoder.push(bytes);
  const frame = decoder.next();
  if (frame === undefined || isRefusal(frame)) throw new Error("codec is broken");
}
