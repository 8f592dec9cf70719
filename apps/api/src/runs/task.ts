/**
 * What a run does: an experiment, or one of the three questions that take many.
 *
 * An experiment is a spec and nothing else, so only the other kinds have options. The experiment
 * package answers all four; this service keeps question and answer and never looks inside.
 */

import {
  type Comparison,
  type FullSpec,
  messagesInAll,
  type Result,
  type SearchResult,
  type ShrinkResult,
} from "@faultline/experiment";

/** The kinds of runs. */
export const RUN_KINDS = ["experiment", "search", "shrink", "compare"] as const;
/** One of them. */
export type RunKind = (typeof RUN_KINDS)[number];

/** Which seeds to search. */
export interface SearchTask {
  readonly seeds: number;
  readonly base: number;
  /** Stops after so many failing seeds. */
  readonly failuresMax: number;
}

/** How to shrink the run of the spec's own seed. */
export interface ShrinkTask {
  /** Which failure to keep; null: the first. */
  readonly signature: string | null;
  readonly trialsMax: number;
}

/** What to compare the spec with, and on which seeds. */
export interface CompareTask {
  readonly b: FullSpec;
  readonly seeds: number;
  readonly base: number;
}

/** The question a run answers. */
export type RunTask =
  | { readonly kind: "experiment" }
  | { readonly kind: "search"; readonly options: SearchTask }
  | { readonly kind: "shrink"; readonly options: ShrinkTask }
  | { readonly kind: "compare"; readonly options: CompareTask };

/** The answer, by the kind of the question. */
export type RunResult = Result | SearchResult | ShrinkResult | Comparison;

/** A run that is only its spec. */
export const EXPERIMENT: RunTask = { kind: "experiment" };

/** How many steps there are: messages, seeds, trials or pairs. */
export function stepsOf(task: RunTask, spec: FullSpec): number {
  switch (task.kind) {
    case "experiment":
      return messagesInAll(spec);
    case "shrink":
      return task.options.trialsMax;
    case "search":
    case "compare":
      return task.options.seeds;
    default:
      return task satisfies never;
  }
}
