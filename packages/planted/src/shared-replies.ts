/**
 * A server behind a cache that answers retries by their operation number, whoever asks.
 *
 * Right as long as nobody asks twice: first attempts pass it by. A retry is answered with what the
 * last client to use that number was told.
 */
import { createServerCore, type ServerCoreOptions } from "@faultline/server";
import {
  encodeFrame,
  type Frame,
  FrameFlag,
  FrameType,
  type Link,
  sessionToHex,
} from "@faultline/protocol";
import { intercept, type Middleman, overhear } from "./frames.ts";
import type { CreateParts, ServerPart } from "./parts.ts";

/** Under which name a reply is kept. */
type Naming = (frame: Frame) => string;

const byOperation: Naming = ({ operation }) => `${operation}`;
const bySession: Naming = ({ session, operation }) => `${sessionToHex(session)} ${operation}`;

class Cache {
  readonly #naming: Naming;
  readonly #replies = new Map<string, Uint8Array>();

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  /** Sits on one link of the server. */
  middleman(link: Link): Middleman {
    return {
      sent: (frame) => {
        if (frame.type === FrameType.reply) {
          this.#replies.set(this.#naming(frame), frame.payload.slice());
        }
      },
      received: (frame) => {
        const isRetry = frame.type === FrameType.data && frame.attempt > 1;
        const payload = isRetry ? this.#replies.get(this.#naming(frame)) : undefined;
        if (payload === undefined) return frame;
        const flags = FrameFlag.replayed;
        link.send(encodeFrame({ ...frame, type: FrameType.reply, flags, remainingMs: 0, payload }));
        return undefined;
      },
    };
  }
}

function cached(options: ServerCoreOptions, naming: Naming): ServerPart {
  const core = createServerCore(options);
  const cache = new Cache(naming);
  return {
    accept(link) {
      const middleman = cache.middleman(link);
      return intercept(core.accept(overhear(link, middleman)), middleman);
    },
    setFaults: (plan) => core.setFaults(plan),
    takeEndings: () => core.takeEndings(),
    takeRecords: () => core.takeRecords(),
    stats: () => core.stats(),
  };
}

const createParts: CreateParts = () => ({
  createServerCore: (options) => cached(options, byOperation),
});
export default createParts;

/** The same with the session in the name. */
export const sound: CreateParts = () => ({
  createServerCore: (options) => cached(options, bySession),
});
