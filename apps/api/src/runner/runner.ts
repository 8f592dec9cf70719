/**
 * The port behind which an experiment is carried out.
 *
 * The queue knows only this: a spec goes in, progress and finished exchanges come out while it
 * runs, one outcome at the end. Whether that happens in a thread (thread-runner.ts), in a test's
 * own hands or one day on another machine is the adapter's business. A runner does not throw:
 * whatever goes wrong with the world is an outcome with a code.
 */

import type { FullSpec } from "@faultline/experiment";
import type { Tally } from "../observe/tally.ts";
import type { Progress } from "../runs/run.ts";
import type { RunResult, RunTask } from "../runs/task.ts";

/** What a run tells while it goes on. */
export interface RunWatch {
  /** Stops the run as soon as it can; the outcome then is the partial result, or a failure. */
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
  /**
   * Exchanges as they finish: each a JSON text of the contract's §6 without a line break. Those
   * whose promise has not settled are under way, and a run with too many of them waits.
   * @param tally what they add up to, from a runner that counts
   */
  onExchanges(lines: readonly string[], tally?: Tally): Promise<void> | void;
  /** The capture, piece by piece, before the outcome; only of a run that asks for one. */
  onCapture(bytes: Uint8Array): Promise<void> | void;
}

/** How a run ended. */
export type RunOutcome =
  | {
      readonly kind: "result";
      readonly result: RunResult;
      /** Whether it is all that was asked for: a stop may also come too late to take anything away. */
      readonly whole: boolean;
    }
  | {
      readonly kind: "failed";
      readonly code: "run-crashed" | "run-failed";
      /** One line for people, never a stack. */
      readonly message: string;
    };

/** Carries out experiments, any number at once. */
export interface Runner {
  /** @param task what is asked of the spec. @default that it is carried out */
  run(spec: FullSpec, watch: RunWatch, task?: RunTask): Promise<RunOutcome>;
  /** Lets go of whatever is kept between runs. No run may be in progress, none may follow. */
  close(): Promise<void>;
}
