/**
 * Is this a plan? Every error at once, with the paths of `checkFault` under `/faults/0`.
 *
 * What lies between faults is checked here: unique ids, shares of an exclusive plan, sessions.
 */
import { checkFault } from "./check.ts";
import { DRAW_RANGE, thresholdOf } from "./draws.ts";
import { FAULTS_MAX, PLAN_SESSIONS_MAX } from "./limits.ts";
import { type FaultProblem, isSettings, pointerTo, problem, type Settings } from "./problem.ts";

const SESSION = /^[0-9a-f]{16}$/i;
const PLAN_FIELDS = new Set(["seed", "composition", "faults", "sessions"]);

/** What is wrong with a plan; empty when nothing is. Paths are relative to the plan. */
export function checkPlan(plan: unknown): FaultProblem[] {
  if (!isSettings(plan)) return [problem("", "plan", "an object", plan)];
  const { seed, composition, faults, sessions } = plan;
  const problems: FaultProblem[] = [];
  if (!Number.isSafeInteger(seed) || Number(seed) < 0) {
    problems.push(problem("/seed", "seed", "an integer of 0 to 2^53-1", seed));
  }
  if (composition !== "independent" && composition !== "exclusive") {
    problems.push(
      problem("/composition", "composition", "one of independent, exclusive", composition),
    );
  }
  for (const name of Object.keys(plan)) {
    if (PLAN_FIELDS.has(name)) continue;
    problems.push(
      problem(pointerTo(name), name, "left out: a plan has no such setting", plan[name]),
    );
  }
  if (sessions !== undefined) problems.push(...checkSessions(sessions));
  return [...problems, ...checkFaults(faults, composition)];
}

function checkFaults(faults: unknown, composition: unknown): FaultProblem[] {
  if (!Array.isArray(faults) || faults.length > FAULTS_MAX) {
    const size = Array.isArray(faults) ? `${faults.length} faults` : faults;
    return [problem("/faults", "faults", `a list of at most ${FAULTS_MAX} faults`, size)];
  }
  const problems: FaultProblem[] = [];
  const ids = new Set<unknown>();
  for (const [index, fault] of (faults as unknown[]).entries()) {
    for (const { path, message } of checkFault(fault)) {
      problems.push({ path: `/faults/${index}${path}`, message });
    }
    const id = isSettings(fault) ? fault["id"] : undefined;
    if (typeof id !== "string") continue;
    if (ids.has(id)) problems.push(problem(`/faults/${index}/id`, "id", "unique in its plan", id));
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
  return [problem("/faults", "probability", rule, shares.join(" + "))];
}

function checkSessions(sessions: unknown): FaultProblem[] {
  if (!Array.isArray(sessions) || sessions.length > PLAN_SESSIONS_MAX) {
    const size = Array.isArray(sessions) ? `${sessions.length} sessions` : sessions;
    return [
      problem("/sessions", "sessions", `a list of at most ${PLAN_SESSIONS_MAX} session ids`, size),
    ];
  }
  const problems: FaultProblem[] = [];
  const seen = new Set<string>();
  for (const [index, session] of (sessions as unknown[]).entries()) {
    const path = `/sessions/${index}`;
    if (typeof session !== "string" || !SESSION.test(session)) {
      problems.push(problem(path, "sessions", "ids of 16 hex digits each", session));
    } else if (seen.has(session.toLowerCase())) {
      problems.push(problem(path, "sessions", "ids that differ", session));
    } else {
      seen.add(session.toLowerCase());
    }
  }
  return problems;
}
