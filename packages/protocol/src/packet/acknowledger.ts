/**
 * When to acknowledge, and what (RFC 9000 section 13.2).
 *
 * At once where the order is broken, so that losses are found soon, or for every second packet
 * that asks; else with the next packet that leaves anyway, or after the longest delay. What is
 * told goes with how long it was kept back, so that round trips stay clean.
 */
import { NumbersSeen } from "./numbers.ts";
import type { Ack } from "./wire.ts";

/** One ack at least for so many packets that ask for one. */
const PACKETS_PER_ACK = 2;

/** The receiving side's books. */
export class Acknowledger {
  readonly #delayUs: number;
  readonly #seen = new NumbersSeen();
  #unacked = 0;
  #largestAtUs = 0;
  /** When an ack must leave; Infinity: nothing asks for one. */
  dueUs: number = Infinity;

  constructor(delayUs: number) {
    this.#delayUs = delayUs;
  }

  /** Whether a packet came before, or is so old that nobody can tell. */
  has(number: number): boolean {
    return this.#seen.has(number);
  }

  /** A new packet has been accepted. */
  came(number: number, asks: boolean, nowUs: number): void {
    const { largest } = this.#seen;
    this.#seen.add(number);
    if (number > largest) this.#largestAtUs = nowUs;
    if (!asks) return;
    this.#unacked++;
    // An older gap was told of already; it is no reason to hurry again.
    const isInOrder = number === largest + 1;
    if (!isInOrder || this.#unacked >= PACKETS_PER_ACK) this.dueUs = nowUs;
    else this.dueUs = Math.min(this.dueUs, nowUs + this.#delayUs);
  }

  /** What to put into a packet that leaves now; undefined where there is nothing new. */
  take(nowUs: number): Ack | undefined {
    if (this.#unacked === 0) return undefined;
    return { ranges: this.#seen.ranges, delayUs: nowUs - this.#largestAtUs };
  }

  /** An ack has been put into a packet. @returns the largest number it told of */
  told(): number {
    this.#unacked = 0;
    this.dueUs = Infinity;
    return this.#seen.largest;
  }

  /** The peer knows that everything up to `number` came, or that it did not: no word of it again. */
  settle(number: number): void {
    if (number < this.#seen.largest) this.#seen.settle(number);
  }
}
