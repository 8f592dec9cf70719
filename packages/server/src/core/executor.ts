/**
 * Executes what is new and answers from memory what is not: the place where "exactly once" is
 * decided.
 *
 *   never seen ─► execute, remember        same body ─► the reply from memory
 *   other body, too old, another life's, no room ─► an error reply, nothing executed
 *
 * One for each conversation, which is usually one session; a datagram peer may bring several.
 */
import type { Frame, Link, SessionId } from "@faultline/protocol";
import {
  crc32c,
  encodeLife,
  FrameFlag,
  FrameType,
  RETRY_AFTER_STOP,
  StatusCode,
} from "@faultline/protocol";
import type { CoreContext } from "./context.ts";
import { isOwn, noticeOf } from "./life.ts";
import { isSameSession, type Session } from "./session-table.ts";

/** How a reply differs from its request. */
export interface Answer {
  readonly type: FrameType;
  readonly status: StatusCode;
  readonly flags: number;
  readonly payload: Uint8Array;
  /** How long the client should wait before it tries again; 0: as it likes. Or `RETRY_AFTER_STOP`. */
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

/** @see module */
export class Executor {
  readonly #context: CoreContext;
  readonly #acceptedUs: number | undefined;
  readonly #replyBytesMax: number;
  #session: Session | undefined;

  constructor(context: CoreContext, link: Link, acceptedUs: number) {
    const { kind, messageBytesMax = DATAGRAM_BYTES_MAX } = link;
    this.#context = context;
    this.#acceptedUs = kind === "stream" ? acceptedUs : undefined;
    this.#replyBytesMax =
      kind === "stream" ? STREAM_REPLY_BYTES_MAX : messageBytesMax - FRAME_OVERHEAD_BYTES;
  }

  /** The answer to a request; its payload is only valid until the next call. */
  execute(frame: Frame, nowUs: number): Answer {
    const { counters } = this.#context;
    const { operation, payload } = frame;
    const session = this.#sessionOf(frame.session, nowUs);
    if (session === undefined) {
      return this.refusal(StatusCode.overloaded, this.#context.sessions.roomInMs(nowUs));
    }
    const { ring } = session;
    const checksum = crc32c(payload);
    const memory = ring.look(operation, checksum, payload.length);
    if (memory === "known") {
      counters.replayed++;
      return replyAnswer(ring.replay(operation), FrameFlag.replayed);
    }
    if (memory !== "new") return this.#refuseKnown(memory);
    const refused = this.#refuseNew(frame, session);
    if (refused !== undefined) return refused;
    counters.executions++;
    const reply = this.#context.responder.respond(payload) ?? EMPTY;
    ring.store(operation, checksum, payload.length, reply);
    this.#context.sessions.executed(session, operation);
    return replyAnswer(reply, 0);
  }

  /** An error reply with that reason. A server with a past says whose it is. */
  refusal(status: StatusCode, retryAfterMs = 0): Answer {
    const { life } = this.#context.sessions;
    const payload = life.past === "none" ? EMPTY : this.#notice();
    return { type: FrameType.error, status, flags: 0, payload, retryAfterMs };
  }

  /** What no repetition would change is not to be repeated. */
  #refuseKnown(memory: "reused" | "too-old" | "full"): Answer {
    if (memory === "full") return this.refusal(StatusCode.overloaded, RETRY_AFTER_MS);
    if (memory === "reused") return this.refusal(StatusCode.operationReused, RETRY_AFTER_STOP);
    this.#context.counters.tooOld++;
    return this.refusal(StatusCode.tooOld, RETRY_AFTER_STOP);
  }

  /** Why an operation that is not in the memory is not executed; undefined: it is. */
  #refuseNew(frame: Frame, { life: since }: Session): Answer | undefined {
    const { counters, draining, responder, sessions } = this.#context;
    if (!isOwn(frame, { since, acceptedUs: this.#acceptedUs }, sessions.life)) {
      counters.tooOld++;
      return { ...this.refusal(StatusCode.tooOld), payload: this.#notice() };
    }
    if (draining !== undefined) {
      return this.refusal(StatusCode.shuttingDown, draining.retryAfterMs);
    }
    if (frame.payload.length + responder.extraBytes <= this.#replyBytesMax) return undefined;
    return this.refusal(StatusCode.tooLarge, RETRY_AFTER_STOP);
  }

  #notice(): Uint8Array {
    const { clock, sessions } = this.#context;
    return encodeLife(noticeOf(sessions.life, clock.nowUs()));
  }

  #sessionOf(id: SessionId, nowUs: number): Session | undefined {
    let session = this.#session;
    if (session === undefined || session.isOver(nowUs) || !isSameSession(session.id, id)) {
      session = this.#context.sessions.find(id, nowUs);
      if (session === undefined) this.#context.atLimit("sessionsMax");
      this.#session = session;
    }
    if (session !== undefined) session.usedUs = nowUs;
    return session;
  }
}

function replyAnswer(payload: Uint8Array, flags: number): Answer {
  return { type: FrameType.reply, status: StatusCode.ok, flags, payload, retryAfterMs: 0 };
}
