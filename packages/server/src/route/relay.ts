/**
 * Between two workers: the bytes of links whose socket is on one and whose session is on the other.
 *
 *   socket ─ door ─ RelayLeg ══ MessagePort ══ RelayLink ─ Conversation     (home)
 *
 * The leg is the link's owner on the worker with the socket; the relay link stands in for the
 * socket at home. Both ends count what is on its way (`ack`), so that a slow thread slows down the
 * socket instead of filling the port. Bytes are copied by the port, never transferred: one buffer
 * may be sent more than once.
 */
import type { Link, LinkError, LinkEvents } from "@faultline/protocol";
import { RelayLeg } from "./relay-leg.ts";
import { RelayLink } from "./relay-link.ts";
import type { RelayMessage, RelayOptions } from "./relay-message.ts";

/** One end of the way between two workers; both are the same. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #legs = new Map<number, RelayLeg>();
  readonly #links = new Map<number, RelayLink>();
  #nextId = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Links that go through here, in either direction. */
  get size(): number {
    return this.#legs.size + this.#links.size;
  }

  /** Opens a way for a link of this worker to its home on the other. */
  open(link: Link): LinkEvents {
    const id = this.#nextId++;
    const { kind, local, messageBytesMax, peerKey, remote } = link;
    const records = link.sendHarmed !== undefined;
    const name = { kind, remote, local, messageBytesMax, peerKey, records };
    this.#options.post({ relay: "open", id, ...name });
    const leg = new RelayLeg(id, link, this.#options, () => this.#legs.delete(id));
    this.#legs.set(id, leg);
    return leg;
  }

  /** A message of the other worker. */
  receive(message: RelayMessage): void {
    const { id } = message;
    switch (message.relay) {
      case "open": {
        const link = new RelayLink(message, this.#options, () => this.#links.delete(id));
        this.#links.set(id, link);
        link.own(this.#options.accept(link));
        return;
      }
      case "bytes":
      case "end":
      case "closed":
        this.#links.get(id)?.receive(message);
        return;
      case "ack":
        if (message.to === "leg") this.#legs.get(id)?.acked(message.bytes);
        else this.#links.get(id)?.acked(message.bytes);
        return;
      default:
        this.#legs.get(id)?.obey(message);
    }
  }

  /** The other worker is gone: so are all links between. */
  close(): void {
    const error: LinkError = { code: "failed", message: "The other worker is gone." };
    for (const leg of this.#legs.values()) leg.drop();
    for (const link of this.#links.values()) link.fail(error);
    this.#legs.clear();
    this.#links.clear();
  }
}
