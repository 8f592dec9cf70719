/**
 * Which messages of a connection had more faults to meet when it ended.
 *
 * A request is done with when it was dropped, or when its reply has been put before the faults, and
 * that happens in the same event in which it arrives. So there is nothing to keep count of while
 * messages pass: what is not done with is what a pump still holds, and what lies in a decoder.
 */
import type { Parcel, Ticket } from "./ticket.ts";

/** Where messages can be stuck. */
export interface Whereabouts {
  /** Held back on their way in. */
  readonly kept: Iterable<Parcel>;
  /** Arrived, but not whole. */
  readonly torn: readonly Ticket[];
  /** The message whose own damage or reset ended the connection: it had come as far as it would. */
  readonly culprit: number | undefined;
}

/** The sequences of those messages, each once. */
export function unfinishedOf({ kept, torn, culprit }: Whereabouts): number[] {
  const sequences = new Set(torn.map(({ sequence }) => sequence));
  for (const { ticket } of kept) sequences.add(ticket.sequence);
  if (culprit !== undefined) sequences.delete(culprit);
  return [...sequences];
}
