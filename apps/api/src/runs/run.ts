/**
 * A run as the API shows it, and the small questions one asks of it.
 *
 * Plain data only. `spec` and `result` are the experiment's own types, untouched: this app keeps
 * and serves them but never looks inside, apart from the verdict.
 */

import type { FullSpec } from "@faultline/experiment";
import type { Problem } from "../problem.ts";
import {
  type CompareTask,
  EXPERIMENT,
  type RunKind,
  type RunResult,
  type RunTask,
  type SearchTask,
  type ShrinkTask,
  stepsOf,
} from "./task.ts";

/** The states a run passes through; the last three are final. */
export const RUN_STATUSES = ["queued", "running", "completed", "failed", "cancelled"] as const;
/** One of them. */
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Messages settled so far, of how many; seeds, trials or pairs where the kind says so. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** A run, exactly as `GET /v1/runs/{id}` answers it. Times are RFC 3339 in UTC. */
export interface Run {
  readonly id: string;
  readonly kind: RunKind;
  readonly status: RunStatus;
  readonly progress: Progress;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Of a comparison: A. */
  readonly spec: FullSpec;
  /** Not there for an experiment, which is only its spec. */
  readonly options?: SearchTask | ShrinkTask | CompareTask;
  /** As the kind says. Also there, as a partial one, for a run that was stopped while it ran. */
  readonly result: RunResult | null;
  readonly error: Problem | null;
}

/** Whether the run has reached one of its final states. */
export function isFinished(run: Pick<Run, "status">): boolean {
  return run.status !== "queued" && run.status !== "running";
}

/** The question a run answers, as the runner takes it. */
export function taskOf({ kind, options }: Pick<Run, "kind" | "options">): RunTask {
  return (options === undefined ? { kind } : { kind, options }) as RunTask;
}

/** A run that has just been accepted. */
export function newRun(
  id: string,
  createdAt: string,
  { spec, task = EXPERIMENT }: { readonly spec: FullSpec; readonly task?: RunTask },
): Run {
  return {
    id,
    ...task,
    status: "queued",
    progress: { done: 0, total: stepsOf(task, spec) },
    createdAt,
    startedAt: null,
    endedAt: null,
    spec,
    result: null,
    error: null,
  };
}
