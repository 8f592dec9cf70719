/**
 * A server whose memory of executed operations belongs to the connection and not to the session.
 *
 * Right as long as a connection lasts, retries on it included. After a reconnect a retry is new to
 * it, and is executed again.
 */
import {
  createReplyMemory,
  createServerCore,
  FIRST_LIFE,
  type ReplyMemory,
} from "@faultline/server";
import type { CreateParts } from "./parts.ts";

/** Each conversation asks once for its session, and gets one that nobody has ever used. */
function forgetful(): ReplyMemory {
  return {
    size: 0,
    life: FIRST_LIFE,
    find: (id, nowUs) => createReplyMemory().find(id, nowUs),
    roomInMs: () => 1,
    sweep: () => {},
    executed: () => {},
    commit: () => {},
  };
}

const createParts: CreateParts = () => ({
  createServerCore: (options) => createServerCore({ ...options, memory: forgetful() }),
});
export default createParts;

/** The true server. */
export const sound: CreateParts = () => ({});
