/**
 * Is this a plan? Every error at once, with the paths of `checkFault` under `/faults/0`.
 *
 * What lies between faults is checked here: unique ids, shares of an exclusive plan, sessions; the
 * schedule in check-schedule.ts.
 */
import { checkFault } from "./check.ts";
import { checkSchedule } from "./check-schedule.ts";
import { DRAW_RANGE, thresholdOf } from "./draws.ts";
import { FAULTS_MAX, PLAN_SESSIONS_MAX } from "./limits.ts";
import {
  type FaultProblem,
  isListUpTo,
  isSessionId,
  isSettings,
  lengthOf,
  problem,
  type Settings,
} from "./problem.ts";

const PLAN_FIELDS = new Set(["seed", "composition", "faults", "sessions", "schedule"]);

/** What is wrong with a plan; empty when nothing is. Paths are relative to the plan. */
export function checkPlan(plan: unknown): FaultProblem[] {
  if (!isSettings(plan)) {
    return [problem("plan", { setting: "plan", path: "", rule: "an object", got: plan })];
  }
  const { seed, composition, faults, sessions, schedule } = plan;
  const problems: FaultProblem[] = [];
  if (!Number.isSafeInteger(seed) || Number(seed) < 0) {
    const rule = "an integer of 0 to 2^53-1";
    problems.push(problem("plan", { setting: "seed", rule, got: seed }));
  }
  if (composition !== "independent" && composition !== "exclusive") {
    const rule = "one of independent, exclusive";
    problems.push(problem("plan", { setting: "composition", rule, got: composition }));
  }
  for (const [setting, got] of Object.entries(plan)) {
    if (PLAN_FIELDS.has(setting)) continue;
    problems.push(problem("plan", { setting, rule: "left out: a plan has no such setting", got }));
  }
  if (sessions !== undefined) problems.push(...checkSessions(sessions));
  problems.push(...checkFaults(faults, composition));
  if (schedule !== undefined && schedule !== null)
    problems.push(...checkSchedule(schedule, faults));
  return problems;
}

function checkFaults(faults: unknown, composition: unknown): FaultProblem[] {
  if (!isListUpTo(FAULTS_MAX, faults)) {
    const rule = `a list of at most ${FAULTS_MAX} faults`;
    return [problem("plan", { setting: "faults", rule, got: lengthOf(faults) })];
  }
  const problems: FaultProblem[] = [];
  const ids = new Set<unknown>();
  for (const [index, fault] of faults.entries()) {
    for (const { path, message } of checkFault(fault)) {
      problems.push({ path: `/faults/${index}${path}`, message });
    }
    const id = isSettings(fault) ? fault["id"] : undefined;
    if (typeof id !== "string") continue;
    if (ids.has(id)) {
      const path = `/faults/${index}/id`;
      problems.push(problem("plan", { setting: "id", path, rule: "unique in its plan", got: id }));
    }
    ids.add(id);
  }
  if (problems.length > 0 || composition !== "exclusive") return problems;
  return checkShares(faults as Settings[]);
}

/** Shares are rounded down to parts of 2^32 first, so 0.7 + 0.2 + 0.1 is not above 1. */
function checkShares(faults: readonly Settings[]): FaultProblem[] {
  const shares = faults.map((fault) => Number(fault["probability"] ?? 1));
  const parts = shares.reduce((sum, share) => sum + thresholdOf(share), 0);
  if (parts <= DRAW_RANGE) return [];
  const rule = "at most 1 in sum where the composition is exclusive (left out, it is 1)";
  const got = shares.join(" + ");
  return [problem("plan", { setting: "probability", path: "/faults", rule, got })];
}

function checkSessions(sessions: unknown): FaultProblem[] {
  if (!isListUpTo(PLAN_SESSIONS_MAX, sessions)) {
    const rule = `a list of at most ${PLAN_SESSIONS_MAX} session ids`;
    return [problem("plan", { setting: "sessions", rule, got: lengthOf(sessions) })];
  }
  const problems: FaultProblem[] = [];
  const seen = new Set<unknown>();
  for (const [index, session] of sessions.entries()) {
    const isId = isSessionId(session);
    const id = isId ? session.toLowerCase() : undefined;
    if (!isId || seen.has(id)) {
      const rule = isId ? "ids that differ" : "ids of 16 hex digits each";
      const path = `/sessions/${index}`;
      problems.push(problem("plan", { setting: "sessions", path, rule, got: session }));
    }
    seen.add(id);
  }
  return problems;
}
