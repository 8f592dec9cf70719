/**
 * Two packet connections and the wire between them, in a time of their own.
 *
 * The wire does to every datagram what the test says: loses it, doubles it, holds it up. Nothing
 * here knows packets, so what arrives is what the two ends have made of it.
 */
import type { PacketLimits } from "../../src/index.ts";
import { decodePacket, PacketConnection, packetLimitsOf } from "../../src/index.ts";

export const CONNECTION = { high: 0x1234_5678, low: 0x9abc_def0 };
export const TOKEN = { high: 0x0bad_cafe, low: 0x0dec_0ded };
export const MS = 1000;
export const TRIP_US = 50 * MS;

/** What becomes of a datagram: how long each copy takes; none: it is lost. */
export type Fate = (datagram: Uint8Array, from: "dialler" | "listener") => readonly number[];

export const FAITHFUL: Fate = () => [TRIP_US / 2];

interface Flight {
  readonly atUs: number;
  readonly to: End;
  readonly bytes: Uint8Array;
}

/** One end and what came out of it. */
export class End {
  readonly name: "dialler" | "listener";
  readonly core: PacketConnection;
  readonly messages: Uint8Array[] = [];
  readonly arrivedUs: number[] = [];
  /** Every datagram that left. */
  readonly sent: { readonly atUs: number; readonly bytes: number }[] = [];
  receivedBytes = 0;
  sentBytes = 0;
  /** Told of after every datagram that left. */
  onSent: (end: End) => void = () => {};
  onMessage: (message: Uint8Array) => void = () => {};

  constructor(name: End["name"], limits: PacketLimits) {
    this.name = name;
    this.core = new PacketConnection({
      connection: CONNECTION,
      limits,
      nowUs: 0,
      ...(name === "listener" && { token: TOKEN }),
    });
  }
}

/** Two ends and a wire. */
export class Pair {
  readonly dialler: End;
  readonly listener: End;
  nowUs = 0;
  fate: Fate;
  readonly #flights: Flight[] = [];

  constructor(fate: Fate = FAITHFUL, limits: Partial<PacketLimits> = {}) {
    this.fate = fate;
    this.dialler = new End("dialler", packetLimitsOf(limits));
    this.listener = new End("listener", packetLimitsOf(limits));
  }

  /** Sends a message. */
  send(from: End, message: Uint8Array): boolean {
    const isTaken = from.core.send(message, this.nowUs);
    this.flush(from);
    return isTaken;
  }

  /** Lets everything leave that may. */
  flush(end: End): void {
    const to = end === this.dialler ? this.listener : this.dialler;
    for (;;) {
      const bytes = end.core.next(this.nowUs);
      if (bytes === undefined) return;
      end.sent.push({ atUs: this.nowUs, bytes: bytes.length });
      end.sentBytes += bytes.length;
      end.onSent(end);
      for (const delayUs of this.fate(bytes, end.name)) this.inject(to, bytes, delayUs);
    }
  }

  /** Puts a datagram on the wire, whoever made it. */
  inject(to: End, bytes: Uint8Array, delayUs = 0): void {
    const flight = { atUs: this.nowUs + delayUs, to, bytes };
    let at = this.#flights.length;
    while (at > 0 && this.#flights[at - 1]!.atUs > flight.atUs) at--;
    this.#flights.splice(at, 0, flight);
  }

  /** Everything up to a time happens; then the time is this. */
  runTo(untilUs: number): void {
    while (this.#nextUs <= untilUs) this.step();
    this.nowUs = untilUs;
  }

  get #nextUs(): number {
    const { dialler, listener } = this;
    const flightUs = this.#flights[0]?.atUs ?? Infinity;
    return Math.min(dialler.core.dueUs, listener.core.dueUs, flightUs);
  }

  /** The next thing happens. @returns false when nothing ever will */
  step(): boolean {
    const [flight] = this.#flights;
    const { dialler, listener } = this;
    const dueUs = Math.min(dialler.core.dueUs, listener.core.dueUs);
    const flightUs = flight?.atUs ?? Infinity;
    const atUs = Math.min(dueUs, flightUs);
    if (atUs === Infinity) return false;
    this.nowUs = Math.max(this.nowUs, atUs);
    if (flight !== undefined && flightUs <= dueUs) {
      this.#flights.shift();
      this.arrive(flight.to, flight.bytes);
      return true;
    }
    for (const end of [dialler, listener]) {
      if (end.core.dueUs > this.nowUs) continue;
      end.core.due(this.nowUs);
      this.flush(end);
    }
    return true;
  }

  /** A datagram arrives. */
  arrive(to: End, bytes: Uint8Array): void {
    const lent = bytes.slice();
    const packet = decodePacket(lent);
    to.receivedBytes += bytes.length;
    if (packet === undefined) return;
    const at = { bytes: bytes.length, heldBytes: 0, nowUs: this.nowUs };
    const messages = to.core.receive(packet, at);
    if (messages === undefined) return;
    for (const message of messages) {
      to.messages.push(message.slice());
      to.arrivedUs.push(this.nowUs);
      to.onMessage(message);
    }
    lent.fill(0xee);
    this.flush(to);
  }

  /** Goes on until `done`, at most so long. @returns whether it came to be */
  until(done: () => boolean, forUs = 3600 * 1000 * MS): boolean {
    const endUs = this.nowUs + forUs;
    while (!done()) {
      if (this.nowUs > endUs || !this.step()) return false;
    }
    return true;
  }
}

/** A message that tells its number and its place. */
export function messageOf(number: number, size: number): Uint8Array {
  return Uint8Array.from(
    { length: size },
    (_, at) => (number * 31 + at * 7 + (at >> 8) * 13) & 0xff,
  );
}
