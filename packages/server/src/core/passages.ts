/**
 * Both directions of one link that faults are in force on: requests in, replies out.
 *
 * Made when the first fault is in force while the link has something to say; a link on a server
 * without faults has none. What a fault answers in place of a message starts here.
 */
import type { Direction, RecordHarm } from "@faultline/faults";
import type { CoreContext } from "./context.ts";
import type { Dialogue } from "./dialogue.ts";
import type { PassageParty } from "./passage.ts";
import { Passage } from "./passage.ts";
import type { Parcel, Ticket } from "./ticket.ts";

/** The conversation, as far as its passages need it. */
export interface PassagesOwner {
  readonly party: PassageParty;
  readonly dialogue: Pick<Dialogue, "arrive" | "encodeLost">;
  /** Sends bytes past the faults. */
  post(bytes: Uint8Array): void;
  /** A timer has moved messages: what was written can go. */
  settle(): void;
  /** A fault drops the connection, by what it does to that message. */
  resetByFault(ticket: Ticket): void;
  /** A fault harms a reply once it is encrypted, and the connection with it. */
  harmByFault(parcel: Parcel, harm: RecordHarm): void;
}

/** @see module */
export class Passages {
  readonly #requests: Passage;
  readonly #replies: Passage;

  constructor(context: CoreContext, owner: PassagesOwner) {
    const common = {
      party: owner.party,
      settle: () => owner.settle(),
      resetByFault: (ticket: Ticket) => owner.resetByFault(ticket),
      harmByFault: (parcel: Parcel, harm: RecordHarm) => owner.harmByFault(parcel, harm),
    };
    this.#requests = new Passage("request", context, {
      ...common,
      arrive: (parcel) => owner.dialogue.arrive(parcel),
      // An error reply for a request is a reply like any other …
      answerLost: (ticket) => this.submitReply(ticket, owner.dialogue.encodeLost(ticket)),
    });
    this.#replies = new Passage("reply", context, {
      ...common,
      arrive: (parcel) => owner.post(parcel.bytes),
      // … and one for a reply takes its place.
      answerLost: (ticket) => owner.post(owner.dialogue.encodeLost(ticket)),
    });
  }

  /** Bytes that faults keep back, upkeep included. */
  get heldBytes(): number {
    return this.#requests.heldBytes + this.#replies.heldBytes;
  }

  /** Requests that have not arrived, or not wholly. Replies have met their faults when they are. */
  get kept(): Iterable<Parcel> {
    return this.#requests.kept;
  }

  /** Whether a fault swallows everything that goes this way. */
  isSilent(direction: Direction): boolean {
    return direction === "request" ? this.#requests.isSilent : this.#replies.isSilent;
  }

  /** Puts a request before the faults. The bytes are lent for the call. */
  submitRequest(ticket: Ticket, bytes: Uint8Array): void {
    this.#requests.submit(ticket, bytes, true);
  }

  /** Puts a reply before the faults. The bytes are given away. */
  submitReply(ticket: Ticket, bytes: Uint8Array): void {
    this.#replies.submit(ticket, bytes, false);
  }

  /** Forgets what is under way: the link is gone. */
  close(): void {
    this.#requests.close();
    this.#replies.close();
  }
}
