/**
 * The owner of a link on the worker that has its socket: passes everything on to the home.
 *
 * Decides nothing but when to stop reading: while too much is on its way, or the home says so.
 */
import type { Link, LinkError, LinkEvents } from "@faultline/protocol";
import type { RelayOptions, ToSocket } from "./relay-message.ts";

/** @see module */
export class RelayLeg implements LinkEvents {
  readonly #id: number;
  readonly #link: Link;
  readonly #options: RelayOptions;
  readonly #forget: () => void;
  /** On their way home. */
  #bytesOut = 0;
  /** Taken by a socket that is full; acknowledged when it has drained. */
  #bytesStuck = 0;
  #pausedByHome = false;
  #paused = false;

  constructor(id: number, link: Link, options: RelayOptions, forget: () => void) {
    this.#id = id;
    this.#link = link;
    this.#options = options;
    this.#forget = forget;
  }

  onOpen(): void {}

  onBytes(bytes: Uint8Array): void {
    if (this.#link.kind === "datagram" && this.#bytesOut > this.#options.relayBytesMax) {
      this.#options.onDropped();
      return;
    }
    this.#bytesOut += bytes.length;
    // Copied here: what a socket hands out may be a small part of a large buffer.
    this.#options.post({ relay: "bytes", id: this.#id, bytes: bytes.slice() });
    this.#steer();
  }

  onDrain(): void {
    this.#ack(this.#bytesStuck);
    this.#bytesStuck = 0;
  }

  onEnd(): void {
    this.#options.post({ relay: "end", id: this.#id });
  }

  onClose(error: LinkError | undefined): void {
    this.#forget();
    this.#options.post({ relay: "closed", id: this.#id, error });
  }

  acked(bytes: number): void {
    this.#bytesOut -= bytes;
    this.#steer();
  }

  obey(message: ToSocket): void {
    switch (message.relay) {
      case "send":
        if (this.#link.send(message.bytes)) this.#ack(message.bytes.length);
        else this.#bytesStuck += message.bytes.length;
        return;
      case "harm":
        this.#link.sendHarmed?.(message.bytes, message.harm);
        this.#ack(message.bytes.length);
        return;
      case "pause":
      case "resume":
        this.#pausedByHome = message.relay === "pause";
        this.#steer();
        return;
      case "finish":
        this.#link.end();
        return;
      case "reset":
        this.#link.reset();
        return;
      default:
        message satisfies never;
    }
  }

  drop(): void {
    this.#link.reset();
  }

  #ack(bytes: number): void {
    if (bytes > 0) this.#options.post({ relay: "ack", to: "link", id: this.#id, bytes });
  }

  #steer(): void {
    const full = this.#pausedByHome || this.#bytesOut > this.#options.relayBytesMax;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#link.pause();
    else this.#link.resume();
  }
}
