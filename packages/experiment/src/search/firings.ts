/**
 * From the proofs that faults acted to a list a schedule can hold.
 */
import type { ServerFaultRecord } from "@faultline/server";
import { sessionToHex } from "@faultline/protocol";
import { sessionOf } from "../plan/streams.ts";
import type { FullSpec, ScheduledFiring } from "../spec/types.ts";

/** A firing that happened. */
export interface Firing extends ScheduledFiring {
  /** What the fault did, in a few words with its figures. */
  readonly did: string;
  /** When, in µs since the run began. */
  readonly atUs: number;
}

/**
 * The firings behind the records, each once, in the order in which they happened.
 *
 * What a silenced connection goes on swallowing is no firing, and a unit of no client of the run
 * (a session that something under test has made up) cannot be scheduled.
 */
export function firingsOf(records: readonly ServerFaultRecord[], spec: FullSpec): Firing[] {
  const clientOf = new Map(
    Array.from({ length: spec.workload.clients }, (_, client) => [
      sessionToHex(sessionOf(spec.seed, client)),
      client,
    ]),
  );
  const firings = new Map<string, Firing>();
  for (const record of records) {
    const { sessionHigh: high, sessionLow: low, fault, message, attempt, direction, copy } = record;
    const client = clientOf.get(sessionToHex({ high, low }));
    if (client === undefined || record.aftermath === true) continue;
    const place = { fault, client, message, attempt, direction, copy };
    const key = firingKey(place);
    if (!firings.has(key)) firings.set(key, { ...place, did: record.did, atUs: record.atUs });
  }
  return [...firings.values()];
}

/** One text for each firing: equal for equal ones. */
export function firingKey(firing: ScheduledFiring): string {
  const { fault, client, message, attempt, direction, copy } = firing;
  return `${fault} ${client} ${message} ${attempt} ${direction} ${copy}`;
}
