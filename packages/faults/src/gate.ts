/**
 * Gates: which units a fault may act on at all, and how often.
 *
 * `firstMessages` and `everyMessages` look at the number of the message, so they are functions of
 * the key like any draw. `countMax` counts firings in the order they happen, in each session by
 * itself: where the plan names the run's sessions each gets its share of the count, so that no
 * session's share depends on another's speed.
 */
import { sessionKey, SessionTable } from "./sessions.ts";
import type { FaultCommon } from "./spec.ts";
import type { Unit } from "./verdict.ts";

/** The sessions of a run by client, for counting over all of them. */
export interface Roster {
  /** Client number by `sessionKey`. */
  readonly clientOf: ReadonlyMap<string, number>;
  readonly clients: number;
}

interface Account {
  /** -1: not of the run, counts for itself. */
  readonly client: number;
  firingsLeft: number;
}

/** The client order of a plan's sessions, given as 16 hex digits each. */
export function rosterOf(sessions: readonly string[] = []): Roster {
  const clientOf = new Map<string, number>();
  for (const [client, hex] of sessions.entries()) {
    const high = Number.parseInt(hex.slice(0, 8), 16);
    clientOf.set(sessionKey(high, Number.parseInt(hex.slice(8), 16)), client);
  }
  return { clientOf, clients: sessions.length };
}

/** The gates of one fault. */
export class Gate {
  readonly #firstMessages: number;
  readonly #everyMessages: number;
  readonly #clients: number;
  readonly #accounts: SessionTable<Account>;

  constructor(spec: FaultCommon, roster: Roster, sessionsMax: number) {
    this.#firstMessages = spec.firstMessages ?? Number.POSITIVE_INFINITY;
    this.#everyMessages = spec.everyMessages ?? 1;
    this.#clients = roster.clients;
    const countMax = spec.countMax ?? Number.POSITIVE_INFINITY;
    this.#accounts = new SessionTable(sessionsMax, (key) => {
      const client = roster.clientOf.get(key) ?? -1;
      return { client, firingsLeft: shareOf(countMax, client, roster.clients) };
    });
  }

  /** A gate, or undefined where the spec asks for none. */
  static of(spec: FaultCommon, roster: Roster, sessionsMax: number): Gate | undefined {
    const { firstMessages = null, everyMessages = null, countMax = null } = spec;
    if (firstMessages === null && everyMessages === null && countMax === null) return undefined;
    return new Gate(spec, roster, sessionsMax);
  }

  /** Whether the fault may act on this unit. */
  opensFor(unit: Unit): boolean {
    const account = this.#accounts.at(unit);
    if (account.firingsLeft <= 0) return false;
    const index = account.client < 0 ? unit.message : unit.message * this.#clients + account.client;
    return index < this.#firstMessages && (index + 1) % this.#everyMessages === 0;
  }

  /** Notes that the fault has acted. */
  spend(unit: Unit): void {
    this.#accounts.at(unit).firingsLeft -= 1;
  }
}

/** How many of a session's messages lie between two that the gates let through. */
export function spacingOf(spec: FaultCommon, roster: Roster): number {
  const every = spec.everyMessages ?? 1;
  return every / commonDivisor(every, Math.max(1, roster.clients));
}

function commonDivisor(one: number, other: number): number {
  return other === 0 ? one : commonDivisor(other, one % other);
}

/** Client c of n gets floor(count / n), and one more while c < count mod n. */
function shareOf(count: number, client: number, clients: number): number {
  if (client < 0 || count === Number.POSITIVE_INFINITY) return count;
  return Math.floor(count / clients) + (client < count % clients ? 1 : 0);
}
