/**
 * A client that takes the next reply for the answer to its last request.
 *
 * Right as long as every reply comes in time: then there is no other it could be. A reply that was
 * given up and comes after all, or comes twice, answers whatever was sent last.
 */
import { createClient } from "@faultline/client";
import { type Frame, FrameType } from "@faultline/protocol";
import { dialThrough, type Middleman } from "./frames.ts";
import type { CreateParts } from "./parts.ts";

class ByOrder implements Middleman {
  #last: Frame | undefined;

  sent(frame: Frame): void {
    if (frame.type === FrameType.data) this.#last = { ...frame };
  }

  received(frame: Frame): Frame {
    if (frame.type !== FrameType.reply || this.#last === undefined) return frame;
    const { operation, attempt } = this.#last;
    return { ...frame, operation, attempt };
  }
}

const createParts: CreateParts = () => ({
  createClient: (options) =>
    createClient({ ...options, dialer: dialThrough(options.dialer, () => new ByOrder()) }),
});
export default createParts;

/** The true client, which looks at who is answered. */
export const sound: CreateParts = () => ({});
