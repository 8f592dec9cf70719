/**
 * Is this a fault? Every error at once, each with the place it stands at.
 *
 * Values come from people and programs, so nothing is assumed of their types. Each kind's own
 * settings are checked by the rules its file lists; nothing is filled in or changed here.
 */
import { FAULT_KINDS, entryOf } from "./catalog.ts";
import { COMMON_FIELDS, type FieldRule } from "./fields.ts";
import { ID_CHARACTERS_MAX } from "./limits.ts";
import { type FaultProblem, isSettings, problem, type Settings } from "./problem.ts";
import type { FaultKind } from "./spec.ts";

const ID = new RegExp(`^[A-Za-z0-9_.-]{1,${ID_CHARACTERS_MAX}}$`);

const ID_RULE = `1 to ${ID_CHARACTERS_MAX} of A-Z a-z 0-9 _ . - (and no "__proto__" or the like)`;

/** What is wrong with a fault spec; empty when nothing is. Paths are relative to the fault. */
export function checkFault(fault: unknown): FaultProblem[] {
  if (!isSettings(fault)) {
    return [problem("fault", { setting: "fault", path: "", rule: "an object", got: fault })];
  }
  const { id, kind } = fault;
  const problems: FaultProblem[] = [];
  if (!isFaultId(id)) problems.push(problem("fault", { setting: "id", rule: ID_RULE, got: id }));
  const known = FAULT_KINDS.find((candidate) => candidate === kind);
  if (known === undefined) {
    const rule = `one of ${FAULT_KINDS.join(", ")}`;
    return [...problems, problem("fault", { setting: "kind", rule, got: kind })];
  }
  return [...problems, ...checkFields(fault, known), ...checkTogether(fault, known)];
}

function isFaultId(id: unknown): boolean {
  // Ids become keys of objects in results: `__proto__` or `constructor` would not be theirs.
  return typeof id === "string" && ID.test(id) && !(id in Object.prototype);
}

function checkFields(fault: Settings, kind: FaultKind): FaultProblem[] {
  const fields: Readonly<Record<string, FieldRule>> = { ...COMMON_FIELDS, ...entryOf(kind).fields };
  const problems: FaultProblem[] = [];
  for (const [setting, field] of Object.entries(fields)) {
    const got = fault[setting];
    if (got === undefined ? field.required : !field.accepts(got)) {
      problems.push(problem("fault", { setting, rule: field.rule, got }));
    }
  }
  for (const [setting, got] of Object.entries(fault)) {
    if (setting === "id" || setting === "kind" || Object.hasOwn(fields, setting)) continue;
    const rule = `left out: ${kind} has no such setting`;
    problems.push(problem("fault", { setting, rule, got }));
  }
  return problems;
}

/** Settings that contradict each other. */
function checkTogether(fault: Settings, kind: FaultKind): FaultProblem[] {
  const { distribution, jitterMs } = fault;
  if (kind !== "delay" || distribution !== "constant") return [];
  if (jitterMs === undefined || jitterMs === 0) return [];
  const rule = "0 with the distribution constant";
  return [problem("fault", { setting: "jitterMs", rule, got: jitterMs })];
}
