/**
 * What is wrong with a spec: a JSON pointer (RFC 6901) and a message, and the way there from zod.
 *
 * zod nests the errors of a union and puts unknown keys on their parent; people want one line
 * for each wrong field, on that field. A value that breaks two checks of one rule is one problem.
 */
import type { z } from "zod";
import { show } from "./rule.ts";

/** One thing wrong with a spec. */
export interface SpecProblem {
  /** JSON pointer into what was given: `/faults/0/probability`; empty for the whole. */
  readonly path: string;
  /** `must be RULE: got VALUE`. */
  readonly message: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A JSON pointer from path steps. */
export function pointer(steps: Path): string {
  return steps.map((step) => `/${escapeStep(String(step))}`).join("");
}

function escapeStep(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Problems from zod's issues, one for each wrong field, in the order found. */
export function toProblems(issues: readonly Issue[], root: Path = []): SpecProblem[] {
  return unique(issues.flatMap((issue) => flatten(issue, root)));
}

function flatten(issue: Issue, root: Path): SpecProblem[] {
  const path = [...root, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: pointer([...path, key]),
      message: "must be left out: this field is not known here",
    }));
  }
  if (issue.code === "invalid_union") {
    const branch = nearestBranch(issue.errors);
    if (branch !== undefined) return toProblems(branch, path);
  }
  return [{ path: pointer(path), message: issue.message }];
}

/** The branch of a union that was meant: the one whose errors lie deeper than its own type. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const deeper = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code !== "invalid_type"),
  );
  return deeper.length === 1 ? deeper[0] : undefined;
}

/** How many problems are told: a list of a million wrong faults needs no million lines. */
const PROBLEMS_MAX = 1_000;

/** The same problems, each once. */
function unique(problems: readonly SpecProblem[]): SpecProblem[] {
  const seen = new Map<string, SpecProblem>();
  for (const one of problems) seen.set(`${one.path}\n${one.message}`, one);
  return [...seen.values()];
}

/** The same problems, each once, by their place in the spec; at most a thousand. */
export function inOrder(problems: readonly SpecProblem[]): SpecProblem[] {
  return unique(problems).slice(0, PROBLEMS_MAX).toSorted(byPlace);
}

/** By path, item 2 before item 10. */
function byPlace(a: SpecProblem, b: SpecProblem): number {
  const left = sortKey(a.path);
  const right = sortKey(b.path);
  return left < right ? -1 : left > right ? 1 : 0;
}

function sortKey(path: string): string {
  return path.replace(/\d+/g, (digits) => digits.padStart(8, "0"));
}

/** A problem with the value that broke the rule. */
export function problem(steps: Path, rule: string, got: unknown): SpecProblem {
  return { path: pointer(steps), message: `must be ${rule}: got ${show(got)}` };
}
