/**
 * A link's owner that only listens: it writes down every event, in order, with copies of the bytes.
 *
 * It also watches over what every link promises its owner: nothing before `onOpen`, nothing after
 * `onClose`. A broken promise is written down as a `violation` instead of thrown, since the throw
 * would end up in the link.
 */
import type { LinkError, LinkEvents } from "@faultline/protocol";

/** One event as it was seen. */
export type LinkEvent = "open" | "bytes" | "drain" | "end" | "close";

/** Records the events of one link. */
export class LinkRecorder implements LinkEvents {
  /** The events in order, one word each. */
  readonly events: LinkEvent[] = [];
  /** What each `onBytes` brought, copied. */
  readonly pieces: Uint8Array[] = [];
  /** Promises that the link broke; empty for a good one. */
  readonly violations: string[] = [];
  error: LinkError | undefined;
  /** Called after every event; a waiting test hangs itself in here. */
  onChange: () => void = () => {};

  get isOpen(): boolean {
    return this.events.includes("open");
  }
  get isEnded(): boolean {
    return this.events.includes("end");
  }
  get isClosed(): boolean {
    return this.events.includes("close");
  }
  get bytesReceived(): number {
    return this.pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** Everything received so far, joined. */
  received(): Uint8Array {
    const all = new Uint8Array(this.bytesReceived);
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  /** Forgets the bytes received so far. */
  forget(): void {
    this.pieces.length = 0;
    const kept = this.events.filter((event) => event !== "bytes");
    this.events.splice(0, this.events.length, ...kept);
  }

  onOpen(): void {
    this.#record("open");
  }
  onBytes(bytes: Uint8Array): void {
    this.pieces.push(new Uint8Array(bytes));
    this.#record("bytes");
  }
  onDrain(): void {
    this.#record("drain");
  }
  onEnd(): void {
    this.#record("end");
  }
  onClose(error: LinkError | undefined): void {
    this.error = error;
    this.#record("close");
  }

  #record(event: LinkEvent): void {
    if (this.isClosed) this.violations.push(`${event} after close`);
    if (event === "open" && this.isOpen) this.violations.push("open twice");
    if (event !== "open" && event !== "close" && !this.isOpen) {
      this.violations.push(`${event} before open`);
    }
    if (event === "bytes" && this.isEnded) this.violations.push("bytes after end");
    this.events.push(event);
    this.onChange();
  }
}
