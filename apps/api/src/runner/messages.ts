/**
 * What passes between the service's thread and a run's thread: two closed unions.
 *
 * Exchanges cross as JSON text, a batch at a time: they are stored and sent on as they are, so
 * the thread that answers HTTP never takes one apart. Runs of one thread are numbered, so that a
 * stop which crosses the end of its run on the way does not hit the next one.
 */

import type { FullSpec } from "@faultline/experiment";
import type { Tally } from "../observe/tally.ts";
import type { Progress } from "../runs/run.ts";
import type { RunResult, RunTask } from "../runs/task.ts";

/** What a run's thread is started with. */
export interface ThreadSetup {
  /** The count of `Ahead`. */
  readonly ahead: SharedArrayBuffer;
}

/** To the run's thread: one `run`, at most one `stop` for it, then the next `run`. */
export type ThreadCommand =
  | {
      readonly kind: "run";
      readonly number: number;
      readonly spec: FullSpec;
      readonly task: RunTask;
      /** The experiment's own bound, above the service's: it only acts if the service cannot. */
      readonly wallMsMax: number;
      /** Threads that the run may start for its seeds. */
      readonly threadsMax: number;
    }
  | {
      readonly kind: "stop";
      readonly number: number;
      /** Why, in words; becomes the reason of the run's signal. */
      readonly reason: string;
    };

/** From the run's thread; `end` or `error` is the last of a run. */
export type ThreadReport =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "exchanges"; readonly lines: readonly string[]; readonly tally: Tally }
  | { readonly kind: "capture"; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly result: RunResult; readonly whole: boolean }
  | { readonly kind: "error"; readonly message: string };
