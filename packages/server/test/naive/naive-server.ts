/**
 * The server that everybody writes first who has heard of duplicates: it keeps a reply for a while, by
 * the number of its operation, and what it does not find is new.
 */
import type { Frame, Link, LinkEvents } from "@faultline/protocol";
import { encodeFrame, FrameDecoder, FrameFlag, FrameType, isRefusal } from "@faultline/protocol";
import type { FakeClock } from "@faultline/testkit";

export class NaiveServer {
  executions = 0;
  readonly #clock: FakeClock;
  readonly #lifetimeUs: number;
  readonly #replies = new Map<number, { readonly payload: Uint8Array; readonly atUs: number }>();

  constructor(clock: FakeClock, lifetimeMs: number) {
    this.#clock = clock;
    this.#lifetimeUs = lifetimeMs * 1000;
  }

  accept(link: Link): LinkEvents {
    const decoder = new FrameDecoder();
    return {
      onOpen: () => {},
      onBytes: (bytes) => {
        decoder.push(bytes);
        for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
          if (!isRefusal(item)) link.send(this.#answer(item));
        }
      },
      onDrain: () => {},
      onEnd: () => link.end(),
      onClose: () => {},
    };
  }

  #answer(frame: Frame): Uint8Array {
    const nowUs = this.#clock.nowUs();
    let known = this.#replies.get(frame.operation);
    if (known !== undefined && nowUs - known.atUs >= this.#lifetimeUs) known = undefined;
    const flags = known === undefined ? 0 : FrameFlag.replayed;
    if (known === undefined) {
      this.executions++;
      known = { payload: frame.payload.slice(), atUs: nowUs };
      this.#replies.set(frame.operation, known);
    }
    const { payload } = known;
    return encodeFrame({ ...frame, type: FrameType.reply, flags, remainingMs: 0, payload });
  }
}
