/**
 * One end of an association of datagrams: the link that an owner holds.
 *
 * Like UDP: one `send` is one datagram, which arrives whole, damaged, twice, late or not at all,
 * and nobody is told. Nothing is queued here, so `send` never says that it is full; what does not
 * fit the link's queue is dropped there. A paused owner's datagrams wait up to a limit. Not
 * modelled: fragmentation (a datagram above the MTU is dropped, as with "don't fragment"), ICMP.
 */
import type { Link, LinkError, LinkEvents } from "@faultline/protocol";
import type { Address } from "../address.ts";
import { addressText } from "../address.ts";
import { EventClass, Mode } from "../event.ts";
import type { DirectedLink } from "../link.ts";
import { LOST, noteLost } from "../link.ts";
import type { Accept, SimulatedProcess } from "../process.ts";
import type { Reader } from "../reading.ts";
import { Reading } from "../reading.ts";
import type { World } from "../world.ts";
import { Datagram } from "./packet.ts";
import type { DatagramSocket } from "./socket.ts";

/** What an end is made of. */
export interface DatagramEndOptions {
  readonly socket: DatagramSocket;
  readonly remote: Address;
  readonly ways: { readonly outward: Way; readonly inward: Way };
  /** Takes the end when the first datagram comes; left out by the one who dialled. */
  readonly accept?: Accept;
}

/** One direction of an association. It outlives a listener's end, so that no key is used twice. */
export interface Way {
  readonly flow: number;
  /** Number of the next datagram. */
  ordinal: number;
}

/** One end of an association. */
export class DatagramEnd implements Link, Reader {
  readonly kind = "datagram";
  readonly address: string;
  readonly remote: string;
  readonly port: number;
  readonly peer: Address;
  readonly ways: DatagramEndOptions["ways"];
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly outward: DirectedLink;
  owner: LinkEvents | undefined;
  local = "";
  isOver = false;
  readonly socket: DatagramSocket;
  readonly #accept: Accept | undefined;
  #isEnded = false;
  #isPaused = false;
  #isHeld = false;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(options: DatagramEndOptions) {
    const { socket } = options;
    this.socket = socket;
    this.address = socket.address;
    this.port = socket.port;
    this.peer = options.remote;
    this.remote = addressText(this.peer.host, this.peer.port);
    this.ways = options.ways;
    this.#accept = options.accept;
    this.world = socket.world;
    this.process = socket.process;
    this.outward = this.world.link(this.process.name, this.peer.host);
  }

  send(bytes: Uint8Array): boolean {
    if (this.#isEnded) throw new Error("Cannot send on a link after its end() was called.");
    if (this.isOver || this.process.mode === Mode.dead) return true;
    const { outward, world } = this;
    const { kernel } = world;
    const datagram = new Datagram(this, this.ways.outward.ordinal++, bytes);
    const atUs = outward.refuses(datagram) ? LOST : outward.depart(datagram, kernel.nowUs);
    if (atUs === LOST) {
      noteLost(kernel, datagram);
      return true;
    }
    const arriving = outward.damages(datagram) ? this.#damaged(datagram) : datagram;
    kernel.schedule(arriving, atUs, EventClass.arrival);
    const copyAtUs = outward.departCopy(datagram, kernel.nowUs);
    if (copyAtUs === LOST) return true;
    const copy = new Datagram(this, datagram.ordinal, arriving.bytes);
    kernel.schedule(copy, copyAtUs, EventClass.arrival);
    return true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.world.kernel.defer(() => this.read(), this.process);
  }

  end(): void {
    this.#isEnded = true;
    this.#close(undefined);
  }

  reset(): void {
    this.#close(undefined);
  }

  /** Tells the owner that the link is open: there is nobody to ask. */
  open(): void {
    if (this.isOver || this.local !== "") return;
    this.local = this.address;
    if (this.#accept !== undefined) this.owner = this.#accept(this);
    if (!this.isOver) this.owner?.onOpen();
  }

  /** Ends the link because it could not come to be. */
  fail(error: LinkError): void {
    this.#close(error);
  }

  /** A datagram of the peer has come. */
  receive(bytes: Uint8Array): void {
    const size = Math.max(1, bytes.length);
    if (this.#waitingBytes + size > this.world.datagram.receiveBufferBytes) {
      this.socket.overflowed++;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += size;
    this.read();
  }

  /** Hands over what waits, as long as the owner takes it. */
  read(): void {
    while (this.#waiting.length > 0 && !this.#isPaused) {
      if (this.process.mode !== Mode.running) {
        this.#waitForProcess();
        return;
      }
      if (this.local === "") {
        this.open();
        continue;
      }
      const bytes = this.#waiting.shift() as Uint8Array;
      this.#waitingBytes -= Math.max(1, bytes.length);
      this.owner?.onBytes(bytes);
    }
  }

  /** A stopped process reads when it goes on. */
  #waitForProcess(): void {
    if (this.process.mode !== Mode.paused || this.#isHeld) return;
    this.#isHeld = true;
    this.process.hold(new Reading(this.process, this));
  }

  /** A process that was stopped goes on. */
  readOn(): void {
    this.#isHeld = false;
    this.read();
  }

  #damaged(datagram: Datagram): Datagram {
    if (datagram.size === 0) return datagram;
    const bit = this.world.draws.corruptBit.below(datagram, datagram.size * 8);
    const bytes = datagram.bytes.slice();
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    return new Datagram(this, datagram.ordinal, bytes);
  }

  #close(error: LinkError | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#waiting = [];
    this.socket.forget(this);
    this.world.kernel.defer(() => this.owner?.onClose(error), this.process);
  }
}
