/**
 * How a link stands in its conversation, and the word for how it ended.
 */
import type { LinkError } from "@faultline/protocol";
import type { CloseCode } from "../event.ts";

/**
 * `open`    talking
 * `ending`  this side ends as soon as nothing is held back
 * `ended`   this side has ended, the peer has not
 * `harmed`  a fault has spoilt what leaves: the peer will end it
 * `over`    nothing may be read or written any more
 */
export type State = "open" | "ending" | "ended" | "harmed" | "over";

/** Why a link is gone, where this side has not said. */
export function closeCodeOf(error: LinkError | undefined): CloseCode {
  if (error === undefined) return "end";
  return error.code === "reset" || error.code === "truncated" ? error.code : "failed";
}
