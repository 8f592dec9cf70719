/**
 * What passes between a series and its threads: two closed unions.
 */
import type { SealKey } from "@faultline/protocol";
import type { ExchangeLine } from "../result/types.ts";
import type { FullSpec } from "../spec/types.ts";
import type { FinishedRun } from "./finished.ts";

/** What a thread is told once, at its start. */
export interface ThreadSetup {
  readonly spec: FullSpec;
  /** Whether anybody wants the lines. */
  readonly lines: boolean;
  /** Messages between two words about progress. */
  readonly progressStep: number;
  readonly wallMsMax: number | undefined;
  readonly keys?: readonly SealKey[] | undefined;
}

/** To the thread. */
export type ThreadOrder =
  /** Carry out the run of this index; the last one is over. */
  | { readonly order: "run"; readonly index: number }
  /** So many lines are out of the way. */
  | { readonly order: "lines-taken"; readonly count: number };

/** From the thread; `finished` and `failed` are the last of a run. */
export type ThreadReport =
  | { readonly report: "progress"; readonly index: number; readonly done: number }
  | { readonly report: "lines"; readonly index: number; readonly lines: readonly ExchangeLine[] }
  | { readonly report: "finished"; readonly run: FinishedRun }
  | { readonly report: "failed"; readonly index: number; readonly message: string };

/** The first line of what went wrong. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "";
}
