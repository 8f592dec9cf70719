/**
 * Brings together what each side counted: outcomes, clients, server, faults.
 */
import type { ClientStats } from "@faultline/client";
import type { FaultStats } from "@faultline/faults";
import type { ServerStats } from "@faultline/server";
import { declaredFaults } from "../plan/faults.ts";
import type { Measured } from "../result/assemble.ts";
import type { Counts, WireResult } from "../result/types.ts";
import type { FullFault, FullSpec } from "../spec/types.ts";
import type { Tally } from "./tally.ts";

/** Everything that was counted. */
export interface Counted {
  readonly spec: FullSpec;
  readonly tally: Tally;
  /** In the order of the spec's phases. */
  readonly phases: readonly Tally[];
  readonly clients: readonly ClientStats[];
  readonly server: ServerStats;
  readonly recovery: Measured["recovery"];
  readonly interrupted: readonly string[];
  readonly digest: string | null;
  readonly wire: WireResult | null;
}

/** The measurements of a run, ready to be judged. */
export function measure(counted: Counted): Measured {
  const { spec, tally, phases, server, recovery, interrupted, digest, wire } = counted;
  const began = (spec.phases ?? []).flatMap((phase, index) => {
    const own = phases[index];
    if (own === undefined || own.counts.messages === 0) return [];
    return [
      [phase.name, { counts: own.counts, latency: own.latency, service: own.service }] as const,
    ];
  });
  return {
    counts: countAll(counted),
    run: { latency: tally.latency, service: tally.service },
    phases: new Map(began),
    recovery,
    faults: declaredFaults(spec).map((fault) => statsOf(fault, server.faults, spec.schedule)),
    interrupted,
    broken: breakages(server),
    digest,
    wire,
  };
}

function countAll({ tally, clients, server }: Counted): Counts {
  const sum = (of: (stats: ClientStats) => number): number =>
    clients.reduce((total, stats) => total + of(stats), 0);
  const counts = tally.counts;
  return {
    messages: counts.messages,
    delivered: counts.delivered,
    failed: counts.failed,
    rejected: counts.rejected,
    indeterminate: counts.indeterminate,
    attempts: counts.attempts,
    retries: counts.retries,
    timeouts: counts.timeouts,
    errorReplies: counts.errorReplies,
    resets: counts.resets,
    reconnects: sum((stats) => stats.reconnects),
    corruptionsDetected: sum((stats) => stats.corruptionsDetected) + server.corruptionsDetected,
    corruptionsUndetected: counts.corruptionsUndetected,
    duplicatesSuppressed: server.replayed,
    staleReplies: sum((stats) => stats.staleReplies),
    ambiguous: counts.ambiguous,
    executions: server.executions,
    bytesSent: sum((stats) => stats.bytesSent),
    bytesReceived: sum((stats) => stats.bytesReceived),
  };
}

/** A fault as the server counted it; one that was never in force counted nothing. */
function statsOf(
  { id, kind }: Pick<FullFault, "id" | "kind">,
  all: readonly FaultStats[],
  schedule: FullSpec["schedule"],
): FaultStats {
  const none = { id, kind, eligible: 0, fired: 0, expected: 0, variance: 0 };
  const stats = all.find((one) => one.id === id && one.kind === kind) ?? none;
  if (schedule === null) return stats;
  // what is listed is meant to fire: chance has no say
  const expected = schedule.filter(({ fault }) => fault === id).length;
  return { ...stats, expected, variance: 0 };
}

/** What went wrong in the laboratory itself. A restarted worker has forgotten what it executed. */
function breakages({ workerRestarts }: ServerStats): string[] {
  return workerRestarts === 0
    ? []
    : [`a server worker crashed ${workerRestarts} times and was restarted`];
}
