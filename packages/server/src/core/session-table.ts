/**
 * The sessions a worker remembers, so that an operation sent twice is executed once.
 *
 * A session outlives its connections: a client that reconnects finds its replies. They are forgotten
 * only when it has been silent for `replyLifetimeMs`; when the table is full, a new session is
 * turned away instead, since forgetting an old one early could execute an operation twice. Of what
 * is forgotten the floor stays (floor-book.ts), and where even that must go a new life begins.
 */
import type { SessionId } from "@faultline/protocol";
import { nextLifeTag, sessionToHex } from "@faultline/protocol";
import type { ServerLimits } from "../limits.ts";
import { serverLimits } from "../limits.ts";
import { type Floor, FloorBook } from "./floor-book.ts";
import { FIRST_LIFE, type Life } from "./life.ts";
import { ByteBudget, ReplyRing, type RingEntry } from "./reply-ring.ts";

/** What is kept for one client. */
export class Session {
  readonly id: SessionId;
  readonly ring: ReplyRing;
  /** It is known without a gap since this life. */
  readonly life: Life;
  usedUs = 0;
  /** Set when the table has dropped it: whoever still holds it must ask again. */
  forgotten = false;

  readonly #lifetimeUs: number;

  constructor(id: SessionId, ring: ReplyRing, since: { life: Life; lifetimeUs: number }) {
    this.id = id;
    this.ring = ring;
    this.life = since.life;
    this.#lifetimeUs = since.lifetimeUs;
  }

  /** Whether it was silent for too long, or is dropped already. */
  isOver(nowUs: number): boolean {
    return this.forgotten || nowUs - this.usedUs >= this.#lifetimeUs;
  }
}

/** Whether two ids are of one session. */
export function isSameSession(one: SessionId, other: SessionId): boolean {
  return one.high === other.high && one.low === other.low;
}

/**
 * Where a server remembers what it has executed. The default lives and dies with its core; one that
 * is made outside and given to each core in turn survives restarts, as a disk would.
 */
export interface ReplyMemory {
  /** Sessions remembered. */
  readonly size: number;
  /** Since when nothing is forgotten. */
  readonly life: Life;
  /** The session of that id, made if it is new; undefined where there is no room. */
  find(id: SessionId, nowUs: number): Session | undefined;
  /** How long until one is forgotten for sure, in whole ms of at least 1: what to tell one turned away. */
  roomInMs(nowUs: number): number;
  /** Forgets the sessions whose lifetime is over. */
  sweep(nowUs: number): void;
  /** An operation of the session has been executed, and is in its ring. */
  executed(session: Session, operation: number): void;
  /** What was executed is about to be told: from here on it must not be lost. */
  commit(): void;
}

/**
 * A memory of its own, empty.
 *
 * @param life what it follows. @default `FIRST_LIFE`: nothing
 * @throws {RangeError} where a limit breaks its rule
 */
export function createReplyMemory(
  limits: Partial<ServerLimits> = {},
  life: Life = FIRST_LIFE,
): ReplyMemory {
  return new SessionTable(serverLimits(limits), life);
}

type TableLimits = Pick<
  ServerLimits,
  | "sessionsMax"
  | "operationsPerSessionMax"
  | "replyLifetimeMs"
  | "replyBytesPerSessionMax"
  | "replyBytesMax"
  | "floorsMax"
>;

/** An executed operation as a journal has it. */
export interface Restored extends RingEntry {
  readonly id: SessionId;
  /** Since when its session is known without a gap. */
  readonly life: Life;
  readonly operation: number;
  /** When it was executed, in µs of the core's clock. */
  readonly usedUs: number;
}

/** @see module */
export class SessionTable implements ReplyMemory {
  readonly #limits: TableLimits;
  readonly #budget: ByteBudget;
  readonly #sessions = new Map<string, Session>();
  readonly #floors: FloorBook;
  #life: Life;
  /** No session can be forgotten before this. */
  #sweepUs = 0;

  constructor(limits: TableLimits, life: Life) {
    this.#limits = limits;
    this.#floors = new FloorBook(limits.floorsMax);
    this.#life = life;
    this.#budget = new ByteBudget(limits.replyBytesMax);
  }

  get size(): number {
    return this.#sessions.size;
  }

  get #lifetimeUs(): number {
    return this.#limits.replyLifetimeMs * 1000;
  }

  get life(): Life {
    return this.#life;
  }

  /** The session of that id, made if it is new; undefined when the table is full. */
  find(id: SessionId, nowUs: number): Session | undefined {
    const key = sessionToHex(id);
    let session = this.#sessions.get(key);
    if (session?.isOver(nowUs) === true) {
      this.#forget(key, session);
      session = undefined;
    }
    if (session === undefined) {
      if (!this.#hasRoom(nowUs)) return undefined;
      session = this.#create(id, this.#floors.take(key));
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
    let oldestUs = nowUs;
    for (const [key, session] of this.#sessions) {
      if (session.isOver(nowUs)) this.#forget(key, session);
      else if (session.usedUs < oldestUs) oldestUs = session.usedUs;
    }
    this.#sweepUs = oldestUs + this.#lifetimeUs;
  }

  #hasRoom(nowUs: number): boolean {
    if (this.#sessions.size >= this.#limits.sessionsMax && nowUs >= this.#sweepUs) {
      this.sweep(nowUs);
    }
    return this.#sessions.size < this.#limits.sessionsMax;
  }

  /** Every session that is remembered. */
  sessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** What is left of the others. */
  floorEntries(): Iterable<Floor> {
    return this.#floors.entries();
  }

  /** Goes on with the life of a journal. */
  restoreLife(life: Life): void {
    this.#life = life;
  }

  /** Keeps what is left of a session. */
  keepFloor(floor: Floor): void {
    const lostUs = this.#floors.add(sessionToHex(floor.id), floor);
    if (lostUs !== undefined) this.#beginLife(lostUs);
  }

  /** Puts back what was executed once. Where there is no memory for it, its floor will do. */
  restoreOperation(restored: Restored): void {
    const { id, life, operation, checksum, length, reply, usedUs } = restored;
    const key = sessionToHex(id);
    let session = this.#sessions.get(key);
    if (session === undefined) {
      session = this.#create(id, this.#floors.take(key), life);
      this.#sessions.set(key, session);
    }
    session.usedUs = Math.max(session.usedUs, usedUs);
    const known = session.ring.look(operation, checksum, length);
    if (known === "full") this.#forget(key, session, operation);
    if (known !== "new") return;
    if (reply === undefined) session.ring.storeForgotten(operation, checksum, length);
    else session.ring.store(operation, checksum, length, reply);
  }

  executed(): void {}

  commit(): void {}

  #create(id: SessionId, floor: Floor | undefined, since: Life = this.#life): Session {
    const { operationsPerSessionMax, replyBytesPerSessionMax } = this.#limits;
    const ring = new ReplyRing(
      { slotsMax: operationsPerSessionMax, bytesMax: replyBytesPerSessionMax },
      this.#budget,
      floor?.operation,
    );
    const life = floor?.life ?? since;
    return new Session(id, ring, { life, lifetimeUs: this.#lifetimeUs });
  }

  #forget(key: string, session: Session, least = -1): void {
    const { id, life, ring, usedUs } = session;
    const operation = Math.max(ring.highest, least);
    session.forgotten = true;
    this.#sessions.delete(key);
    ring.free();
    if (operation >= 0) this.keepFloor({ id, operation, life, usedUs });
  }

  /** Floors are gone, the last of a session heard of at that time: who comes now may be one of them. */
  #beginLife(lostUs: number): void {
    const { tag, past, sinceUs } = this.#life;
    this.#life = {
      tag: nextLifeTag(tag),
      past: past === "lost" ? "lost" : "unknown",
      sinceUs: Math.max(sinceUs, lostUs + 1),
    };
  }
}
