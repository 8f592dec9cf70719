/**
 * What the server reads off a plan beside asking its chain.
 */
import type { FaultPlan } from "@faultline/faults";
import type { CoreContext } from "./context.ts";

/** No fault at all. */
export const NO_FAULTS: FaultPlan = { seed: 0, composition: "independent", faults: [] };

/** The ids of the faults in force. */
export function idsOf(plan: FaultPlan): Set<string> {
  return new Set(plan.faults.map((fault) => fault.id));
}

/**
 * Where a partition without conditions is in force, no ping gets through either. A schedule lists
 * messages, and a ping is none: it is cut off for as long as one message is.
 */
export function cutOf(plan: FaultPlan): CoreContext["cut"] {
  const cut = { request: false, reply: false };
  for (const fault of plan.faults) {
    const { id, kind, direction = "both", probability = 1 } = fault;
    const gated = fault.firstMessages ?? fault.everyMessages ?? fault.countMax ?? null;
    if (kind !== "partition" || probability < 1 || gated !== null) continue;
    if (direction !== "reply" && isListed(plan, id, "request")) cut.request = true;
    if (direction !== "request" && isListed(plan, id, "reply")) cut.reply = true;
  }
  return cut;
}

function isListed({ schedule = null }: FaultPlan, id: string, way: "request" | "reply"): boolean {
  if (schedule === null) return true;
  return schedule.some(({ fault, direction }) => fault === id && direction === way);
}
