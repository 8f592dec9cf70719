/**
 * Is this a schedule? Every error at once, under `/schedule/0` of the plan.
 *
 * Whether a listed unit will ever be met cannot be known here: a firing that finds no unit does not
 * happen.
 */
import { SCHEDULE_MAX } from "./limits.ts";
import {
  type FaultProblem,
  isListUpTo,
  isSessionId,
  isSettings,
  lengthOf,
  problem,
} from "./problem.ts";
import { firingKey } from "./schedule.ts";
import type { Firing } from "./spec.ts";

interface FiringRule {
  readonly rule: string;
  accepts(value: unknown): boolean;
}

const isNumber = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const NUMBER: FiringRule = { rule: "an integer of 0 to 2^53-1", accepts: isNumber };

const FIELDS: Readonly<Record<keyof Firing, FiringRule>> = {
  fault: { rule: "the id of a fault of the plan", accepts: (value) => typeof value === "string" },
  session: { rule: "a session id of 16 hex digits", accepts: isSessionId },
  direction: {
    rule: "one of request, reply",
    accepts: (value) => value === "request" || value === "reply",
  },
  message: NUMBER,
  attempt: NUMBER,
  copy: { ...NUMBER, accepts: (value) => value === undefined || isNumber(value) },
};

/** What is wrong with the schedule of a plan that has these faults. */
export function checkSchedule(schedule: unknown, faults: unknown): FaultProblem[] {
  if (!isListUpTo(SCHEDULE_MAX, schedule)) {
    const rule = `a list of at most ${SCHEDULE_MAX} firings, or null`;
    return [problem("plan", { setting: "schedule", rule, got: lengthOf(schedule) })];
  }
  const ids = idsOf(faults);
  const seen = new Set<string>();
  return schedule.flatMap((firing, index) => {
    const problems = checkFiring(firing, index, ids);
    if (problems.length > 0) return problems;
    const key = firingKey(firing as Firing);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const path = `/schedule/${index}`;
    return [
      problem("plan", { setting: "schedule", path, rule: "firings that differ", got: firing }),
    ];
  });
}

function idsOf(faults: unknown): ReadonlySet<unknown> {
  const list: unknown[] = Array.isArray(faults) ? faults : [];
  return new Set(list.map((fault) => (isSettings(fault) ? fault["id"] : undefined)));
}

function checkFiring(firing: unknown, index: number, ids: ReadonlySet<unknown>): FaultProblem[] {
  const at = `/schedule/${index}`;
  if (!isSettings(firing)) {
    return [problem("plan", { setting: "schedule", path: at, rule: "an object", got: firing })];
  }
  const problems: FaultProblem[] = [];
  for (const [setting, { rule, accepts }] of Object.entries(FIELDS)) {
    const got = firing[setting];
    const right = accepts(got) && (setting !== "fault" || ids.has(got));
    if (!right) problems.push(problem("plan", { setting, path: `${at}/${setting}`, rule, got }));
  }
  for (const [setting, got] of Object.entries(firing)) {
    if (Object.hasOwn(FIELDS, setting)) continue;
    const rule = "left out: a firing has no such setting";
    problems.push(problem("plan", { setting, path: `${at}/${setting}`, rule, got }));
  }
  return problems;
}
