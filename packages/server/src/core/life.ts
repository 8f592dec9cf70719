/**
 * Which life of the server this is, and which operations belong to it.
 *
 *   tag of this life, or of the one its session is known since  ─► its own
 *   any life: executing it twice does no harm                   ─► its own
 *   never sent but on this connection, which this life accepted  ─► its own
 *   no tag: the client had heard nothing when it first sent it   ─► its own, where nobody went before
 *   another tag                                                 ─► not its own
 *
 * Asked only of operations that the memory does not hold: what it holds is answered from there. How
 * a client gets past a refusal is told in life.ts of the protocol.
 */
import { type Frame, LIFE_ANY, LIFE_FRESH, type LifeNotice } from "@faultline/protocol";

/**
 * What a server knows of those who served at its address before.
 *
 * `none`     nobody did, or its memory holds all that they executed
 * `unknown`  somebody may have: a repetition may be of what was executed then. A first attempt is
 *            believed to be one, as no datagram is on its way for as long as a restart takes
 * `lost`     somebody did, and nothing is left of it: not even a datagram is believed
 */
export type ServerPast = "none" | "unknown" | "lost";

/** A stretch of time over which the memory has lost nothing. */
export interface Life {
  /** 1 … 65,533. */
  readonly tag: number;
  readonly past: ServerPast;
  /** Nothing executed since is forgotten; µs of the core's clock. */
  readonly sinceUs: number;
}

/** The life of a server that had no predecessor. */
export const FIRST_LIFE: Life = { tag: 1, past: "none", sinceUs: 0 };

/** What a client is told of it. */
export function noticeOf({ tag, sinceUs }: Life, nowUs: number): LifeNotice {
  return { tag, ageMs: Math.max(0, Math.floor((nowUs - sinceUs) / 1000)) };
}

/** Where a request comes from. */
export interface Origin {
  /** The life since which its session is known. */
  readonly since: Life;
  /** When its connection was accepted, in µs; undefined: it came by datagram. */
  readonly acceptedUs: number | undefined;
}

/**
 * Whether no earlier life can have executed an operation that the memory does not hold.
 *
 * A first attempt on a connection is proof enough, said or not: nothing survives its connection.
 */
export function isOwn(
  { life: tag = 0, attempt }: Pick<Frame, "life" | "attempt">,
  { since, acceptedUs }: Origin,
  current: Life,
): boolean {
  if (tag === current.tag || tag === since.tag || tag === LIFE_ANY) return true;
  const isFirst = attempt <= 1;
  if (isFirst || tag === LIFE_FRESH) {
    if (acceptedUs !== undefined && acceptedUs >= current.sinceUs) return true;
  }
  if (tag !== 0) return false;
  return since.past === "none" || (isFirst && since.past === "unknown");
}
