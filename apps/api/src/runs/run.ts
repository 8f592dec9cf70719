/**
 * A run as the API shows it, and the small questions one asks of it.
 *
 * Plain data only. `spec` and `result` are the experiment's own types, untouched: this app keeps
 * and serves them but never looks inside, apart from the verdict.
 */

import { messagesInAll, type FullSpec, type Result } from "@faultline/experiment";
import type { Problem } from "../problem.ts";

/** The states a run passes through; the last three are final. */
export const RUN_STATUSES = ["queued", "running", "completed", "failed", "cancelled"] as const;
/** One of them. */
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Messages settled so far, of how many. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** A run, exactly as `GET /v1/runs/{id}` answers it. Times are RFC 3339 in UTC. */
export interface Run {
  readonly id: string;
  readonly status: RunStatus;
  readonly progress: Progress;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly spec: FullSpec;
  /** Also there, as a partial one, for a run that was stopped while it ran. */
  readonly result: Result | null;
  readonly error: Problem | null;
}

/** Whether the run has reached one of its final states. */
export function isFinished(run: Pick<Run, "status">): boolean {
  return run.status !== "queued" && run.status !== "running";
}

/** A run that has just been accepted. */
export function newRun(id: string, createdAt: string, spec: FullSpec): Run {
  return {
    id,
    status: "queued",
    progress: { done: 0, total: messagesInAll(spec) },
    createdAt,
    startedAt: null,
    endedAt: null,
    spec,
    result: null,
    error: null,
  };
}
