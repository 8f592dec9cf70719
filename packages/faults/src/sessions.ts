/**
 * What is remembered of each session, for as many sessions as a limit allows.
 *
 * The session not asked for longest is forgotten first (LRU, by the insertion order of a Map).
 * Most units come from the session before, so that one is kept at hand and costs no look-up.
 */
import type { Unit } from "./verdict.ts";

type Session = Pick<Unit, "sessionHigh" | "sessionLow">;

/** A session as a key of a Map: two unsigned decimal halves. */
export function sessionKey(sessionHigh: number, sessionLow: number): string {
  return `${sessionHigh >>> 0}:${sessionLow >>> 0}`;
}

/** State by session, bounded. */
export class SessionTable<T> {
  readonly #max: number;
  readonly #make: (key: string) => T;
  readonly #forget: ((state: T) => void) | undefined;
  readonly #states = new Map<string, T>();
  #last: { readonly high: number; readonly low: number; readonly state: T } | undefined;

  /**
   * @param max sessions kept
   * @param make the state of a session met for the first time, given its `sessionKey`
   * @param forget called with a state that must make room
   */
  constructor(max: number, make: (key: string) => T, forget?: (state: T) => void) {
    this.#max = max;
    this.#make = make;
    this.#forget = forget;
  }

  /** How many sessions are kept now. */
  get size(): number {
    return this.#states.size;
  }

  /** The states kept now, longest unused first. */
  states(): Iterable<T> {
    return this.#states.values();
  }

  /** The state of this session, made now where there is none. */
  at(session: Session): T {
    const { sessionHigh: high, sessionLow: low } = session;
    const last = this.#last;
    if (last !== undefined && last.high === high && last.low === low) return last.state;
    const state = this.#recall(sessionKey(high, low));
    this.#last = { high, low, state };
    return state;
  }

  #recall(key: string): T {
    let state = this.#states.get(key);
    if (state === undefined) {
      if (this.#states.size >= this.#max) this.#forgetOne();
      state = this.#make(key);
    } else {
      this.#states.delete(key);
    }
    this.#states.set(key, state);
    return state;
  }

  #forgetOne(): void {
    for (const [key, state] of this.#states) {
      this.#states.delete(key);
      this.#forget?.(state);
      return;
    }
  }
}
