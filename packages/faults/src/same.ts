/**
 * When a live change of plan leaves a fault as it was.
 *
 * Specs are compared as they were written: a default that is spelled out makes another spec. That
 * errs on the side of beginning anew, which is always sound.
 */
import { firingKey } from "./schedule.ts";
import type { FaultPlan, FaultSpec, Firing } from "./spec.ts";

/** Whether two specs ask for the same fault. They are flat, so their fields are compared. */
export function isSameSpec(one: FaultSpec, other: FaultSpec): boolean {
  const fields = new Map<string, unknown>(Object.entries(one));
  const others = Object.entries(other);
  return others.length === fields.size && others.every(([name, is]) => fields.get(name) === is);
}

/** Whether what all faults of two plans stand on (seed, composition, sessions, schedule) is the same. */
export function isSameGround(one: FaultPlan, other: FaultPlan): boolean {
  if (one.seed !== other.seed || one.composition !== other.composition) return false;
  if (!isSameSchedule(one.schedule ?? null, other.schedule ?? null)) return false;
  const { sessions: before = [] } = one;
  const { sessions: after = [] } = other;
  return before.length === after.length && before.every((id, index) => id === after[index]);
}

function isSameSchedule(one: readonly Firing[] | null, other: readonly Firing[] | null): boolean {
  if (one === other) return true;
  if (one === null || other === null || one.length !== other.length) return false;
  return one.every((firing, index) => firingKey(firing) === firingKey(other[index]!));
}
