/**
 * What the engine asks of a codec, and what a codec tells the engine.
 *
 * Two codecs answer to it: frame-connection.ts and pipe-connection.ts. They turn attempts into
 * bytes and bytes into arrivals; they know nothing of retries and keep no time but their own.
 * Types only.
 */
import type { RefusalCode } from "@faultline/protocol";
import type { Deadlines } from "./deadlines.ts";
import type { ErrorReplyStatus } from "./failure.ts";
import type { Line } from "./line.ts";
import type { ServerLife } from "./lives.ts";
import type { Policy } from "./options.ts";

/** What a codec needs of a message to write an attempt of it. */
export interface Transmission {
  readonly operation: number;
  readonly attempt: number;
  readonly body: Uint8Array;
  readonly deadlineUs: number;
  /** The life of the server that it belongs to; 0: not said. */
  readonly life: number;
}

/** A codec on the client's line. */
export interface Connection {
  /** Whether the codec has a ping, which a peer answers when all else is quiet. */
  readonly canPing: boolean;
  /**
   * Writes one attempt.
   *
   * @param alone nothing else is in flight: waiting for company would only cost time.
   */
  transmit(message: Transmission, nowUs: number, alone: boolean): void;
  /** Reads what arrived at `nowUs`; the bytes are only valid during the call. */
  receive(bytes: Uint8Array, nowUs: number): void;
  /** The attempt under way has waited long enough: half a reply will not be completed any more. */
  giveUp(nowUs: number): void;
  ping(): void;
  /** Writes what ends a session in good order, after all that is still unwritten. */
  farewell(): void;
  /** Writes what was transmitted and is still unwritten: an attempt that is counted has left. */
  flush(): void;
  /** The link is gone: whatever was read or written halfway is void. */
  renew(): void;
}

/** Where a reply belongs. */
export interface ReplyIdentity {
  readonly operation: number;
  readonly attempt: number;
}

/** What a reply says of itself besides its payload. */
export interface ReplyMarks {
  /** It comes from the server's reply cache. */
  readonly replayed: boolean;
  /** It may belong to another message or attempt of the same body. */
  readonly ambiguous: boolean;
}

/** An error reply's content. */
export interface ErrorReply {
  readonly status: ErrorReplyStatus;
  /** 0: the server has no wish. Infinity: it asks not to retry. */
  readonly retryAfterMs: number;
}

/** Bytes that were refused. */
export interface Damage {
  readonly refused: RefusalCode | "pipe-corrupt" | "unexpected-type";
  readonly message: string;
}

/** Receives what a codec reads, in order, while it is read. */
export interface Arrivals {
  /** When that which is told was read. The codec sets it before it tells: one event, one time. */
  atUs: number;
  /** A good reply; its payload is only valid during the call. */
  onReply(identity: ReplyIdentity, payload: Uint8Array, marks: ReplyMarks): void;
  onErrorReply(identity: ReplyIdentity, error: ErrorReply): void;
  /** A damaged reply; without an identity nobody knows whose. */
  onDamage(identity: ReplyIdentity | undefined, damage: Damage): void;
  /** Damage after which nothing on this link can be believed. */
  onBroken(damage: Damage): void;
  /** A reply for nobody here. */
  onStale(identity: ReplyIdentity | undefined): void;
  /** A sound frame that no client should be sent. */
  onUnexpected(damage: Damage): void;
}

/** What a codec is made of. */
export interface ConnectionParts {
  readonly policy: Policy;
  /** Is told what the server says of its life. */
  readonly life: ServerLife;
  readonly line: Line;
  readonly deadlines: Deadlines;
  readonly arrivals: Arrivals;
}
