/**
 * Which faults are in force when, as plans the server obeys.
 *
 * Top-level faults that no phase names hold throughout; the others only in the phases that name
 * them. Order within a phase: throughout first, then the phase's own, each as written.
 */
import type { FaultPlan, Firing } from "@faultline/faults";
import { sessionToHex } from "@faultline/protocol";
import { sessionOf } from "./streams.ts";
import type { FullFault, FullSpec, ScheduledFiring } from "../spec/types.ts";

/** Every fault the spec declares, in the order of the spec: top-level first, then phase by phase. */
export function declaredFaults(spec: Pick<FullSpec, "faults" | "phases">): FullFault[] {
  const inner = (spec.phases ?? []).flatMap(({ faults }) => faults);
  return [...spec.faults, ...inner.filter((fault) => typeof fault !== "string")];
}

/** The faults in force in a phase (by index), or throughout where there are no phases. */
export function faultsInForce(
  spec: Pick<FullSpec, "faults" | "phases">,
  phase: number,
): FullFault[] {
  const named = new Set((spec.phases ?? []).flatMap(({ faults }) => faults));
  const always = spec.faults.filter(({ id }) => !named.has(id));
  const own = (spec.phases?.[phase]?.faults ?? []).flatMap((fault) =>
    typeof fault === "string" ? spec.faults.filter(({ id }) => id === fault) : [fault],
  );
  return [...always, ...own];
}

/** The plan of a phase. The sessions go with it, so that counts like `firstMessages` are of the run. */
export function faultPlan(spec: FullSpec, phase: number): FaultPlan {
  const sessions = Array.from({ length: spec.workload.clients }, (_, client) =>
    sessionToHex(sessionOf(spec.seed, client)),
  );
  const faults = faultsInForce(spec, phase);
  const { seed, composition } = spec;
  const plan = { seed, composition, faults, sessions };
  return spec.schedule === null
    ? plan
    : { ...plan, schedule: firingsOf(spec.schedule, faults, sessions) };
}

/** The schedule in the words of a plan: sessions for clients, and only faults that are in force. */
function firingsOf(
  schedule: readonly ScheduledFiring[],
  faults: readonly FullFault[],
  sessions: readonly string[],
): Firing[] {
  const ids = new Set(faults.map(({ id }) => id));
  return schedule.flatMap(({ client, ...firing }) => {
    const session = sessions[client];
    return session === undefined || !ids.has(firing.fault) ? [] : [{ ...firing, session }];
  });
}
