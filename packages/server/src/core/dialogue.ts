/**
 * What a codec must bring to a conversation: reading requests off the wire, answering those that
 * arrive. Two make it: frame-dialogue.ts and pipe-dialogue.ts.
 */
import type { Parcel, Ticket } from "./ticket.ts";

/** The codec's side of one conversation. */
export interface Dialogue {
  /** Bytes came off the wire; they are only valid during this call. */
  read(bytes: Uint8Array, nowUs: number): void;
  /** A request, or a piece of one, has come through the faults. */
  arrive(parcel: Parcel): void;
  /** The error reply that says: a fault took this message. */
  encodeLost(ticket: Ticket): Uint8Array;
  /** Bytes of requests that are not complete. */
  readonly partialBytes: number;
  /** Requests that came through the faults, but not whole, so that nothing has answered them. */
  readonly torn: readonly Ticket[];
  /** The peer sends nothing more: what is not complete never will be. */
  end(): void;
  /** The link is gone. */
  close(): void;
}
