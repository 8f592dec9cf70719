/**
 * Clients and servers with one mistake each, for the search to find and the shrinking to explain.
 *
 * Each is right without faults, and talks real frames over the simulated wire. This is the part of
 * the test kit that stands above client and server: the kit itself stands below them, since their
 * own tests use it.
 */
import endlessBackoff, { sound as backoffCounts } from "./endless-backoff.ts";
import halfFrame, { sound as wholeFrames } from "./half-frame.ts";
import lostWakeup, { sound as alwaysListening } from "./lost-wakeup.ts";
import type { Planted } from "./parts.ts";
import reconnectForgets, { sound as sessionsLast } from "./reconnect-forgets.ts";
import restartForgets, { sound as disk } from "./restart-forgets.ts";
import sharedReplies, { sound as ownReplies } from "./shared-replies.ts";
import shortSequence, { sound as longSequence } from "./short-sequence.ts";
import staleReply, { sound as byIdentity } from "./stale-reply.ts";

export type { CreateParts, Parts, Planted, ServerPart } from "./parts.ts";

/** All of them. */
export const planted: readonly Planted[] = [
  {
    name: "stale-reply",
    mistake: "a stale reply is matched by order",
    broken: staleReply,
    sound: byIdentity,
  },
  {
    name: "reconnect-forgets",
    mistake: "deduplication is forgotten on reconnect",
    broken: reconnectForgets,
    sound: sessionsLast,
  },
  {
    name: "endless-backoff",
    mistake: "the deadline ignores backoff",
    broken: endlessBackoff,
    sound: backoffCounts,
  },
  {
    name: "shared-replies",
    mistake: "the reply cache is keyed by operation alone",
    broken: sharedReplies,
    sound: ownReplies,
  },
  {
    name: "half-frame",
    mistake: "a half-sent frame is continued on the next connection",
    broken: halfFrame,
    sound: wholeFrames,
  },
  {
    name: "lost-wakeup",
    mistake: "a wake-up is lost after back-pressure",
    broken: lostWakeup,
    sound: alwaysListening,
  },
  {
    name: "short-sequence",
    mistake: "sequence numbers wrap around",
    broken: shortSequence,
    sound: longSequence,
  },
  {
    name: "restart-forgets",
    mistake: "a restart forgets executed operations",
    broken: restartForgets,
    sound: disk,
  },
];
