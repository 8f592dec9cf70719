/**
 * Stands in for the socket on the worker that a session is at home on: a link like any other.
 */
import type { Link, LinkError, LinkEvents, RecordHarm } from "@faultline/protocol";
import type { RelayMessage, RelayOptions, ToHome } from "./relay-message.ts";

/** @see module */
export class RelayLink implements Link {
  readonly kind: Link["kind"];
  readonly remote: string;
  readonly local: string;
  readonly messageBytesMax: number | undefined;
  readonly peerKey: string | undefined;
  readonly sendHarmed: ((bytes: Uint8Array, harm: RecordHarm) => void) | undefined;
  readonly #id: number;
  readonly #options: RelayOptions;
  readonly #forget: () => void;
  #events: LinkEvents | undefined;
  #bytesOut = 0;
  #full = false;

  constructor(
    opened: Extract<RelayMessage, { relay: "open" }>,
    options: RelayOptions,
    forget: () => void,
  ) {
    this.kind = opened.kind;
    this.remote = opened.remote;
    this.local = opened.local;
    this.messageBytesMax = opened.messageBytesMax;
    this.peerKey = opened.peerKey;
    this.sendHarmed = opened.records ? (bytes, harm) => this.#sendHarmed(bytes, harm) : undefined;
    this.#id = opened.id;
    this.#options = options;
    this.#forget = forget;
  }

  own(events: LinkEvents): void {
    this.#events = events;
    events.onOpen();
  }

  receive(message: ToHome): void {
    switch (message.relay) {
      case "bytes":
        this.#events?.onBytes(message.bytes);
        this.#post({ relay: "ack", to: "leg", id: this.#id, bytes: message.bytes.length });
        return;
      case "end":
        this.#events?.onEnd();
        return;
      case "closed":
        this.fail(message.error);
        return;
      default:
        message satisfies never;
    }
  }

  acked(bytes: number): void {
    this.#bytesOut -= bytes;
    if (!this.#full || this.#bytesOut > 0) return;
    this.#full = false;
    this.#events?.onDrain();
  }

  fail(error: LinkError | undefined): void {
    this.#forget();
    this.#events?.onClose(error);
    this.#events = undefined;
  }

  send(bytes: Uint8Array): boolean {
    this.#bytesOut += bytes.length;
    this.#post({ relay: "send", id: this.#id, bytes });
    this.#full ||= this.#bytesOut > this.#options.sendQueueBytesMax;
    return !this.#full;
  }

  pause(): void {
    this.#post({ relay: "pause", id: this.#id });
  }

  resume(): void {
    this.#post({ relay: "resume", id: this.#id });
  }

  end(): void {
    this.#post({ relay: "finish", id: this.#id });
  }

  reset(): void {
    this.#post({ relay: "reset", id: this.#id });
  }

  #sendHarmed(bytes: Uint8Array, harm: RecordHarm): void {
    this.#bytesOut += bytes.length;
    this.#post({ relay: "harm", id: this.#id, bytes, harm });
  }

  #post(message: RelayMessage): void {
    this.#options.post(message);
  }
}
