/**
 * A client whose sequence numbers have four bits: message 16 is message 0 again.
 *
 * Right as long as fewer than sixteen are under way and nothing comes very late. A reply that is
 * sixteen messages late is taken for another's.
 */
import { createClient } from "@faultline/client";
import { type Frame, FrameType } from "@faultline/protocol";
import { dialThrough, type Middleman } from "./frames.ts";
import type { CreateParts } from "./parts.ts";

const NUMBERS = 16;

class FourBits implements Middleman {
  readonly #numbers: number;
  readonly #lastOf = new Map<number, Frame>();

  constructor(numbers: number) {
    this.#numbers = numbers;
  }

  sent(frame: Frame): void {
    if (frame.type === FrameType.data)
      this.#lastOf.set(frame.operation % this.#numbers, { ...frame });
  }

  received(frame: Frame): Frame {
    const last = this.#lastOf.get(frame.operation % this.#numbers);
    if (frame.type !== FrameType.reply || last === undefined) return frame;
    return { ...frame, operation: last.operation, attempt: last.attempt };
  }
}

function partsWith(numbers: number): CreateParts {
  return () => ({
    createClient: (options) =>
      createClient({
        ...options,
        dialer: dialThrough(options.dialer, () => new FourBits(numbers)),
      }),
  });
}

const createParts: CreateParts = partsWith(NUMBERS);
export default createParts;

/** The same with numbers that no run comes to the end of. */
export const sound: CreateParts = partsWith(Number.MAX_SAFE_INTEGER);
