/**
 * Is this a fault? Every error at once, each with the place it stands at.
 *
 * Values come from people and programs, so nothing is assumed of their types. Each kind's own
 * settings are checked by the rules its file lists; nothing is filled in or changed here.
 */
import { FAULT_KINDS, entryOf } from "./catalog.ts";
import { COMMON_FIELDS, type FieldRule } from "./fields.ts";
import { ID_CHARACTERS_MAX } from "./limits.ts";
import { type FaultProblem, isSettings, pointerTo, problem, type Settings } from "./problem.ts";
import type { FaultKind } from "./spec.ts";

const ID = new RegExp(`^[A-Za-z0-9_.-]{1,${ID_CHARACTERS_MAX}}$`);

const ID_RULE = `1 to ${ID_CHARACTERS_MAX} of A-Z a-z 0-9 _ . - (and no "__proto__" or the like)`;

/** What is wrong with a fault spec; empty when nothing is. Paths are relative to the fault. */
export function checkFault(fault: unknown): FaultProblem[] {
  if (!isSettings(fault)) return [problem("", "fault", "an object", fault)];
  const { id, kind } = fault;
  const problems: FaultProblem[] = [];
  if (!isFaultId(id)) {
    problems.push(problem("/id", "id", ID_RULE, id));
  }
  const known = FAULT_KINDS.find((candidate) => candidate === kind);
  if (known === undefined) {
    return [...problems, problem("/kind", "kind", `one of ${FAULT_KINDS.join(", ")}`, kind)];
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
  for (const [name, field] of Object.entries(fields)) {
    const value = fault[name];
    if (value === undefined ? field.required : !field.accepts(value)) {
      problems.push(problem(`/${name}`, name, field.rule, value));
    }
  }
  for (const name of Object.keys(fault)) {
    if (name === "id" || name === "kind" || Object.hasOwn(fields, name)) continue;
    problems.push(
      problem(pointerTo(name), name, `left out: ${kind} has no such setting`, fault[name]),
    );
  }
  return problems;
}

/** Settings that contradict each other. */
function checkTogether(fault: Settings, kind: FaultKind): FaultProblem[] {
  const { distribution, jitterMs } = fault;
  if (kind !== "delay" || distribution !== "constant") return [];
  if (jitterMs === undefined || jitterMs === 0) return [];
  return [problem("/jitterMs", "jitterMs", "0 with the distribution constant", jitterMs)];
}
