/**
 * The rules of assertions: a metric that exists, on something it can be told of.
 */
import { knowsConfidence, knowsPhase, parseMetric } from "./metric.ts";
import { type SpecProblem, problem } from "./problem.ts";
import type { SpecParts } from "./rules.ts";
import type { Assertion, FullFault } from "./types.ts";

/** Unknown metrics, faults and phases; a phase or a confidence where the metric has none. */
export function checkAssertions(parts: SpecParts): SpecProblem[] {
  return (parts.assert ?? []).flatMap((assertion, index) =>
    assertion === undefined ? [] : checkAssertion(assertion, index, parts),
  );
}

function checkAssertion(assertion: Assertion, index: number, parts: SpecParts): SpecProblem[] {
  const { metric, phase, confidence, sometimes } = assertion;
  const path = parseMetric(metric);
  const at = (field: string) => ["assert", index, field];
  if (path === undefined) {
    const rule =
      "the path of a number in the result, such as delivery.ratio, latencyMs.p99 or faults.ID.fired";
    return [problem(at("metric"), rule, metric)];
  }
  const found: SpecProblem[] = [];
  const ids = faultIds(parts);
  if (path.fault !== undefined && ids !== undefined && !ids.has(path.fault)) {
    found.push(problem(at("metric"), "about a fault of this spec", metric));
  }
  if (phase !== null) {
    if (!mayBePhase(phase, parts))
      found.push(problem(at("phase"), "the name of a phase of this spec", phase));
    if (!knowsPhase(path))
      found.push(problem(at("phase"), `null, as ${metric} cannot be told by phase`, phase));
  }
  if (path.group === "recovery") found.push(...checkRecovery(phase, at("phase"), parts));
  if (confidence !== null && !knowsConfidence(path)) {
    const rule = `null, as ${metric} has no interval (delivery.ratio, means and quantiles have)`;
    found.push(problem(at("confidence"), rule, confidence));
  } else if (confidence !== null && sometimes) {
    const rule = "null, as sometimes is about single runs, each as it was observed";
    found.push(problem(at("confidence"), rule, confidence));
  }
  return found;
}

/** Recovery is that from one phase: named, or the only one there is. */
function checkRecovery(
  phase: string | null,
  at: (string | number)[],
  { phases = [undefined] }: SpecParts,
): SpecProblem[] {
  if (phases?.includes(undefined)) return [];
  const faulty = (phases ?? []).filter((one) => one?.role === "fault");
  if (phase === null && faulty.length === 1) return [];
  if (phase !== null && faulty.some((one) => one?.name === phase)) return [];
  const which = faulty.length === 0 ? ", of which this spec has none" : "";
  return [problem(at, `the name of a phase whose role is fault${which}`, phase)];
}

/** Whether there is a phase of this name, or may be: one was too wrong to be read. */
function mayBePhase(name: string, { phases }: SpecParts): boolean {
  if (phases === null) return false;
  return phases === undefined || phases.some((phase) => phase === undefined || phase.name === name);
}

/** Every declared id; undefined where a fault was too wrong to be read, so nothing can be said. */
function faultIds({ faults, phases = [undefined] }: SpecParts): Set<string> | undefined {
  const own = (phases ?? []).flatMap((phase): readonly (FullFault | string | undefined)[] =>
    phase === undefined ? [undefined] : phase.faults,
  );
  if (faults === undefined) return undefined;
  const all = [...faults, ...own];
  if (all.includes(undefined)) return undefined;
  return new Set(all.flatMap((fault) => (typeof fault === "object" ? [fault.id] : [])));
}
