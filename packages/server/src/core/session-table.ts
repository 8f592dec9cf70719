/**
 * The sessions a worker remembers, so that an operation sent twice is executed once.
 *
 * A session outlives its connections: a client that reconnects finds its replies. It is forgotten
 * only when it has been silent for `replyLifetimeMs`; when the table is full, a new session is
 * turned away instead, since forgetting an old one early could execute an operation twice.
 */
import type { SessionId } from "@faultline/protocol";
import { sessionToHex } from "@faultline/protocol";
import type { ServerLimits } from "../limits.ts";
import { serverLimits } from "../limits.ts";
import { ByteBudget, ReplyRing } from "./reply-ring.ts";

/** What is kept for one client. */
export class Session {
  readonly id: SessionId;
  readonly ring: ReplyRing;
  usedUs = 0;
  /** Set when the table has dropped it: whoever still holds it must ask again. */
  forgotten = false;

  constructor(id: SessionId, ring: ReplyRing) {
    this.id = id;
    this.ring = ring;
  }
}

/**
 * Where a server remembers what it has executed. The default lives and dies with its core; one that
 * is made outside and given to each core in turn survives restarts, as a disk would.
 */
export interface ReplyMemory {
  /** Sessions remembered. */
  readonly size: number;
  /** The session of that id, made if it is new; undefined where there is no room. */
  find(id: SessionId, nowUs: number): Session | undefined;
  /** How long until one is forgotten for sure, in whole ms of at least 1: what to tell one turned away. */
  roomInMs(nowUs: number): number;
  /** Forgets the sessions whose lifetime is over. */
  sweep(nowUs: number): void;
}

/** A memory of its own, empty. @throws {RangeError} where a limit breaks its rule */
export function createReplyMemory(limits: Partial<ServerLimits> = {}): ReplyMemory {
  return new SessionTable(serverLimits(limits));
}

type TableLimits = Pick<
  ServerLimits,
  | "sessionsMax"
  | "operationsPerSessionMax"
  | "replyLifetimeMs"
  | "replyBytesPerSessionMax"
  | "replyBytesMax"
>;

/** @see module */
export class SessionTable implements ReplyMemory {
  readonly #limits: TableLimits;
  readonly #budget: ByteBudget;
  readonly #sessions = new Map<string, Session>();
  /** No session can be forgotten before this. */
  #sweepUs = 0;

  constructor(limits: TableLimits) {
    this.#limits = limits;
    this.#budget = new ByteBudget(limits.replyBytesMax);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session of that id, made if it is new; undefined when the table is full. */
  find(id: SessionId, nowUs: number): Session | undefined {
    const key = sessionToHex(id);
    let session = this.#sessions.get(key);
    if (session === undefined) {
      if (!this.#hasRoom(nowUs)) return undefined;
      session = new Session(id, this.#createRing());
      this.#sessions.set(key, session);
    }
    session.usedUs = nowUs;
    return session;
  }

  /** How soon a session may be forgotten, for one that found no room; at least 1. */
  roomInMs(nowUs: number): number {
    return Math.max(1, Math.ceil((this.#sweepUs - nowUs) / 1000));
  }

  /** Forgets the sessions whose lifetime is over. */
  sweep(nowUs: number): void {
    const lifetimeUs = this.#limits.replyLifetimeMs * 1000;
    let oldestUs = nowUs;
    for (const [key, session] of this.#sessions) {
      if (nowUs - session.usedUs >= lifetimeUs) {
        session.forgotten = true;
        session.ring.free();
        this.#sessions.delete(key);
      } else if (session.usedUs < oldestUs) oldestUs = session.usedUs;
    }
    this.#sweepUs = oldestUs + lifetimeUs;
  }

  #hasRoom(nowUs: number): boolean {
    if (this.#sessions.size >= this.#limits.sessionsMax && nowUs >= this.#sweepUs) {
      this.sweep(nowUs);
    }
    return this.#sessions.size < this.#limits.sessionsMax;
  }

  #createRing(): ReplyRing {
    const limits = this.#limits;
    return new ReplyRing(
      { slotsMax: limits.operationsPerSessionMax, bytesMax: limits.replyBytesPerSessionMax },
      this.#budget,
    );
  }
}
