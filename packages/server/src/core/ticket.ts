/**
 * Whose message something is: what a unit keeps of its frame while faults carry it about.
 *
 * It travels beside the bytes, never in them, so that a reply can be keyed, recorded and joined to
 * its request even where a fault has made the bytes unreadable.
 */
import type { ChecksumName, SessionId } from "@faultline/protocol";

/** @see module */
export interface Ticket {
  readonly session: SessionId;
  readonly operation: number;
  readonly attempt: number;
  /** 0 for the original, from 1 for copies that a fault made. */
  readonly copy: number;
  /** Which message of its link it was, from 0. */
  readonly sequence: number;
  /** The kind that the request came with, and that its reply will have. */
  readonly checksum: ChecksumName;
  /** When its caller stops waiting for it; 0: that was not said, or nothing can hold it up. */
  readonly untilUs: number;
}

/** One message under way in one direction. */
export interface Parcel {
  readonly ticket: Ticket;
  readonly bytes: Uint8Array;
}
