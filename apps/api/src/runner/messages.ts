/**
 * What passes between the service's thread and a run's thread: two closed unions.
 *
 * Exchanges cross as JSON text, a batch at a time: they are stored and sent on as they are, so
 * the thread that answers HTTP never takes one apart.
 */

import type { FullSpec, Result } from "@faultline/experiment";
import type { Progress } from "../runs/run.ts";

/** What the run's thread starts with. */
export interface ThreadStart {
  readonly spec: FullSpec;
  /** The runner's own bound, above the service's: it only acts if the service cannot. */
  readonly wallMsMax: number;
}

/** To the run's thread. */
export interface ThreadCommand {
  readonly kind: "stop";
  /** Why, in words; becomes the reason of the run's signal. */
  readonly reason: string;
}

/** From the run's thread; `end` or `error` is the last. */
export type ThreadReport =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "exchanges"; readonly lines: readonly string[] }
  | { readonly kind: "end"; readonly result: Result }
  | { readonly kind: "error"; readonly message: string };
