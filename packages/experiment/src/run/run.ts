/**
 * Runs an experiment: spec in, result out. The door of the package's engine room.
 *
 * A spec with one seed is one run; one with `seeds` is a series of them.
 */
import type { SealKey } from "@faultline/protocol";
import type { Trace } from "@faultline/simulation";
import type { RunRow } from "../result/series.ts";
import type { ExchangeLine, Result } from "../result/types.ts";
import { runSeries } from "../series/series.ts";
import { threadsAsked } from "../series/threads.ts";
import type { FullSpec } from "../spec/types.ts";
import { runOnce } from "./once.ts";
import type { SimulatedParts } from "./simulated.ts";

/** How far an experiment is: messages settled, of all messages of all its runs. */
export interface RunProgress {
  readonly done: number;
  readonly total: number;
}

/** What bounds an experiment beyond its spec. */
export interface RunLimits {
  /**
   * Wall time after which the experiment stops, its result partial and its verdict inconclusive.
   *
   * @default 3_600_000: an hour, the longest a spec may plan
   */
  readonly wallMsMax: number;
  /**
   * Most threads a series takes when `threads` does not say how many.
   *
   * @default Infinity: as many as the machine has cores
   */
  readonly threadsMax: number;
}

/** What a run may be given. */
export interface RunOptions {
  /** Stops the experiment: the result is partial, its verdict inconclusive. */
  readonly signal?: AbortSignal;
  /** At most about a hundred calls, by count and not by time; the last is at the end. */
  readonly onProgress?: (progress: RunProgress) => void;
  /**
   * Each message that was submitted, once, in the order in which they settled. Those of a series
   * come run after run, by index: what a later run has ready waits, and a simulated run with too
   * much of it waits too. A real series with this option takes one thread.
   */
  readonly onExchange?: (line: ExchangeLine) => void;
  /** A series only: each finished run, by index, as soon as all before it are over. */
  readonly onRun?: (row: RunRow, index: number) => void;
  /**
   * Worker threads that share the runs of a series, 1 … 256; with 1 there are none, all runs are
   * carried out here. The result's body does not depend on it.
   *
   * @default simulated: the machine's cores, but no more than the work is worth; real: 1
   */
  readonly threads?: number;
  readonly limits?: Partial<RunLimits>;
  /** Takes the capture, piece by piece, when the run is over; only where the spec has `capture`. */
  readonly onCapture?: (bytes: Uint8Array) => void;
  /**
   * Secrets in place of the one that follows from the seed, where the spec seals links or signs frames.
   * They are in no result; but the digest of a simulated run is over what was on its wire.
   */
  readonly keys?: readonly SealKey[];
  /** Parts of your own in place of the true ones; simulated mode only, and a series on one thread. */
  readonly parts?: Partial<SimulatedParts>;
  /** Writes down the events; simulated mode only, and no series. */
  readonly trace?: Trace;
}

/** What a run comes to. */
export interface RunOutput {
  readonly result: Result;
}

/**
 * Runs the spec on its world.
 *
 * Resolves also when it was aborted or out of time, with what was finished by then. Of a single
 * run that is every message: what was never sent counts as `rejected`, what was under way as
 * `failed` or `indeterminate`. Of a series it is the runs that had come to their end.
 *
 * @throws (rejects) TypeError where `parts` are given to a real run; RangeError where `threads` is
 * no whole number from 1 to 256.
 * @throws (rejects) RunError `world-failed` where the server could not be started or was lost;
 * `unsealed` where code in a simulated run used real time, chance, timers, network or threads. A
 * run of a series that fails is named in the result's reasons instead.
 */
export async function runExperiment(spec: FullSpec, options: RunOptions = {}): Promise<RunOutput> {
  if (spec.mode === "real" && options.parts !== undefined) {
    throw new TypeError('Cannot run as "parts" must be left out in real mode: got parts');
  }
  threadsAsked(options);
  if (spec.seeds !== null) return { result: await runSeries(spec, options) };
  const { result } = await runOnce(spec, options);
  return { result };
}
