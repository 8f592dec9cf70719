/**
 * What a batch of exchanges adds to the metrics, counted where the exchanges are made.
 *
 * A run's thread has every exchange in its hands as an object; the thread that answers HTTP only
 * passes text on. So the counting is done over there, and a few numbers cross with each batch.
 */

import type { ExchangeLine, FullSpec } from "@faultline/experiment";

/** Counts of one batch. */
export interface Tally {
  /** Messages by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Attempts by how they ended. */
  readonly attempts: Readonly<Record<string, number>>;
  /** Firings by kind of fault: ids are the user's own words, and no label. */
  readonly faults: Readonly<Record<string, number>>;
  /** Of each delivered message, from its first attempt to its reply, in µs. */
  readonly latenciesUs: readonly number[];
}

/** Kinds of a spec's faults by their ids, those that a phase brings itself included. */
export function faultKinds({ faults, phases }: Pick<FullSpec, "faults" | "phases">) {
  const kinds = new Map<string, string>();
  for (const fault of [...faults, ...(phases ?? []).flatMap((phase) => phase.faults)]) {
    if (typeof fault !== "string") kinds.set(fault.id, fault.kind);
  }
  return kinds;
}

/** Counts a batch. */
export function tallyOf(lines: readonly ExchangeLine[], kinds: ReadonlyMap<string, string>): Tally {
  const outcomes: Record<string, number> = {};
  const attempts: Record<string, number> = {};
  const faults: Record<string, number> = {};
  const latenciesUs: number[] = [];
  for (const line of lines) {
    add(outcomes, line.outcome);
    for (const { ended, faults: fired } of line.attempts) {
      add(attempts, ended);
      for (const id of fired) add(faults, kinds.get(id) ?? "other");
    }
    const first = line.attempts[0];
    const reply = line.attempts.findLast(
      ({ ended }) => ended === "reply" || ended === "late-reply",
    );
    if (line.outcome === "delivered" && first !== undefined && reply !== undefined) {
      latenciesUs.push(reply.endedUs - first.sentUs);
    }
  }
  return { outcomes, attempts, faults, latenciesUs };
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
