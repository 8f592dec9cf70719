/**
 * Takes down what taps tell, in chunks that are handed over when they are full.
 *
 * One log belongs to one thread; any number of taps may write to it. Its size is bounded: what
 * does not fit is counted and left out, and from then on everything is, so that a log is always
 * the beginning of what happened and never has a hole.
 */
import type { Wire, WireSide, WireTap, WireWatcher } from "@faultline/protocol";
import { utf8 } from "../text.ts";
import { RECORD_HEADER_BYTES, What } from "./record.ts";

/** Bytes of a chunk: large enough that handing it over costs nothing, small enough to wait. */
const CHUNK_BYTES = 262_144;

/** Where a log goes, and how large it may get. */
export interface WireLogOptions {
  /** Bytes of all chunks together. */
  readonly bytesMax: number;
  /** Takes a chunk; it is given away. */
  onChunk(chunk: Uint8Array<ArrayBuffer>): void;
}

/** Which side of the faults a tap stands on. */
export type Vantage = "wire" | "behind";

/** The vantages as they are written. */
export const VANTAGES: readonly Vantage[] = ["wire", "behind"];

/** @see module */
export class WireLog {
  readonly #options: WireLogOptions;
  #chunk = new Uint8Array(0);
  #view = new DataView(this.#chunk.buffer);
  #used = 0;
  #bytes = 0;
  #wires = 0;
  #dropped = 0;

  constructor(options: WireLogOptions) {
    this.#options = options;
  }

  /** Records left out since the log was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A tap that writes here what it is told at that vantage. */
  tap(vantage: Vantage): WireTap {
    return {
      open: (wire) => this.#open(wire, vantage),
      keyLog: (line, atUs) => this.write(What.keyLog, 0, atUs, utf8(line)),
    };
  }

  /** Hands over what is in the last chunk. */
  flush(): void {
    if (this.#used === 0) return;
    const chunk = this.#chunk.subarray(0, this.#used);
    this.#chunk = new Uint8Array(0);
    this.#used = 0;
    this.#options.onChunk(chunk);
  }

  /** One record; its bytes are copied. */
  write(what: What, wire: number, atUs: number, bytes: Uint8Array): void {
    const size = RECORD_HEADER_BYTES + bytes.length;
    if (this.#dropped > 0 || this.#bytes + size > this.#options.bytesMax) {
      this.#dropped++;
      return;
    }
    if (this.#used + size > this.#chunk.length) this.#renew(size);
    const at = this.#used;
    const view = this.#view;
    view.setUint32(at, what, true);
    view.setUint32(at + 4, wire, true);
    view.setFloat64(at + 8, atUs, true);
    view.setUint32(at + 16, bytes.length, true);
    this.#chunk.set(bytes, at + RECORD_HEADER_BYTES);
    this.#used += size;
    this.#bytes += size;
  }

  #renew(size: number): void {
    this.flush();
    this.#chunk = new Uint8Array(Math.max(CHUNK_BYTES, size));
    this.#view = new DataView(this.#chunk.buffer);
  }

  #open(wire: Wire, vantage: Vantage): WireWatcher {
    const number = this.#wires++;
    this.write(What.open, number, wire.openedUs, openBytes(wire, vantage));
    return new Watcher(this, number);
  }
}

/** Writes down one wire. */
class Watcher implements WireWatcher {
  readonly #log: WireLog;
  readonly #wire: number;

  constructor(log: WireLog, wire: number) {
    this.#log = log;
    this.#wire = wire;
  }

  sent(bytes: Uint8Array, atUs: number): void {
    this.#log.write(What.sent, this.#wire, atUs, bytes);
  }

  received(bytes: Uint8Array, atUs: number): void {
    this.#log.write(What.received, this.#wire, atUs, bytes);
  }

  ended(by: WireSide, atUs: number): void {
    const what = by === "local" ? What.endedLocal : What.endedRemote;
    this.#log.write(what, this.#wire, atUs, NOTHING);
  }

  reset(by: WireSide, atUs: number): void {
    const what = by === "local" ? What.resetLocal : What.resetRemote;
    this.#log.write(what, this.#wire, atUs, NOTHING);
  }
}

const NOTHING = new Uint8Array(0);

/** An `open` record: three bytes, a double, then the addresses with a line break between them. */
function openBytes(wire: Wire, vantage: Vantage): Uint8Array {
  const addresses = utf8(`${wire.local}\n${wire.remote}`);
  const bytes = new Uint8Array(11 + addresses.length);
  bytes[0] = VANTAGES.indexOf(vantage);
  bytes[1] = wire.kind === "stream" ? 1 : 0;
  bytes[2] = wire.dialled ? 1 : 0;
  new DataView(bytes.buffer).setFloat64(3, wire.startedUs, true);
  bytes.set(addresses, 11);
  return bytes;
}
