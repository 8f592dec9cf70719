/**
 * Executes what is new and answers from memory what is not: the place where "exactly once" is
 * decided.
 *
 *   never seen ─► execute, remember        same body ─► the reply from memory
 *   other body, too old, no room ─► an error reply, nothing executed
 *
 * One for each conversation, which is usually one session; a datagram peer may bring several.
 */
import type { Frame, Link, SessionId } from "@faultline/protocol";
import { crc32c, FrameFlag, FrameType, StatusCode } from "@faultline/protocol";
import type { CoreContext } from "./context.ts";
import type { Session } from "./session-table.ts";

/** How a reply differs from its request. */
export interface Answer {
  readonly type: FrameType;
  readonly status: StatusCode;
  readonly flags: number;
  readonly payload: Uint8Array;
  /** How long the client should wait before it tries again; 0: as it likes. */
  readonly retryAfterMs: number;
}

const EMPTY = new Uint8Array(0);
/** Largest payload that a reply can carry: the protocol's limit, … */
const STREAM_REPLY_BYTES_MAX = 1_048_576;
/** … and what a UDP datagram, or the link's own largest message, leaves beside … */
const DATAGRAM_BYTES_MAX = 65_507;
/** … the header and the longest checksum. */
const FRAME_OVERHEAD_BYTES = 56;
/** What a client turned away for lack of memory should wait: other sessions' replies come and go. */
const RETRY_AFTER_MS = 100;
const MEMORY_STATUS = {
  reused: StatusCode.operationReused,
  "too-old": StatusCode.tooOld,
} as const;

/** @see module */
export class Executor {
  readonly #context: CoreContext;
  readonly #replyBytesMax: number;
  #session: Session | undefined;

  constructor(context: CoreContext, { kind, messageBytesMax = DATAGRAM_BYTES_MAX }: Link) {
    this.#context = context;
    this.#replyBytesMax =
      kind === "stream" ? STREAM_REPLY_BYTES_MAX : messageBytesMax - FRAME_OVERHEAD_BYTES;
  }

  /** The answer to a request; its payload is only valid until the next call. */
  execute(frame: Frame, nowUs: number): Answer {
    const { counters, responder, draining } = this.#context;
    const { operation, payload } = frame;
    const ring = this.#sessionOf(frame.session, nowUs)?.ring;
    if (ring === undefined) {
      const retryAfterMs = this.#context.sessions.roomInMs(nowUs);
      return { ...errorAnswer(StatusCode.overloaded), retryAfterMs };
    }
    const checksum = crc32c(payload);
    const memory = ring.look(operation, checksum, payload.length);
    if (memory === "known") {
      counters.replayed++;
      return replyAnswer(ring.replay(operation), FrameFlag.replayed);
    }
    if (memory === "full") {
      return { ...errorAnswer(StatusCode.overloaded), retryAfterMs: RETRY_AFTER_MS };
    }
    if (memory !== "new") return errorAnswer(MEMORY_STATUS[memory]);
    if (draining) return errorAnswer(StatusCode.shuttingDown);
    if (payload.length + responder.extraBytes > this.#replyBytesMax) {
      return errorAnswer(StatusCode.tooLarge);
    }
    counters.executions++;
    const reply = responder.respond(payload) ?? EMPTY;
    ring.store(operation, checksum, payload.length, reply);
    return replyAnswer(reply, 0);
  }

  #sessionOf(id: SessionId, nowUs: number): Session | undefined {
    let session = this.#session;
    if (session === undefined || session.forgotten || !isSame(session.id, id)) {
      session = this.#context.sessions.find(id, nowUs);
      if (session === undefined) this.#context.atLimit("sessionsMax");
      this.#session = session;
    }
    if (session !== undefined) session.usedUs = nowUs;
    return session;
  }
}

/** An error reply with that reason. */
export function errorAnswer(status: StatusCode): Answer {
  return { type: FrameType.error, status, flags: 0, payload: EMPTY, retryAfterMs: 0 };
}

function replyAnswer(payload: Uint8Array, flags: number): Answer {
  return { type: FrameType.reply, status: StatusCode.ok, flags, payload, retryAfterMs: 0 };
}

function isSame(one: SessionId, other: SessionId): boolean {
  return one.high === other.high && one.low === other.low;
}
