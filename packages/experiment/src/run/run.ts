/**
 * Runs an experiment: spec in, result out. The door of the package's engine room.
 *
 * It chooses the world by the spec's mode and sees that it is closed again, whatever happens.
 */
import type { ExchangeLine, Result } from "../result/types.ts";
import { outside } from "../seal/seal.ts";
import type { FullSpec } from "../spec/types.ts";
import { conduct } from "./conduct.ts";
import { openSimulatedWorld, type SimulatedParts } from "./simulated.ts";
import { openRealWorld, systemWall } from "./world.ts";

/** How far a run is: messages settled, of all messages. */
export interface RunProgress {
  readonly done: number;
  readonly total: number;
}

/** What bounds a run beyond its spec. */
export interface RunLimits {
  /**
   * Wall time after which the run stops, its result partial and its verdict inconclusive.
   *
   * @default 3_600_000: an hour, the longest a spec may plan
   */
  readonly wallMsMax: number;
}

/** What a run may be given. */
export interface RunOptions {
  /** Stops the run: the result is partial, its verdict inconclusive. */
  readonly signal?: AbortSignal;
  /** At most about a hundred calls, by count and not by time; the last is at the run's end. */
  readonly onProgress?: (progress: RunProgress) => void;
  /** Each message that was submitted, once, in the order in which they settled. */
  readonly onExchange?: (line: ExchangeLine) => void;
  readonly limits?: Partial<RunLimits>;
  /** Parts of your own in place of the true ones; simulated mode only. */
  readonly parts?: Partial<SimulatedParts>;
}

/** What a run comes to. */
export interface RunOutput {
  readonly result: Result;
}

/**
 * Runs the spec on its world.
 *
 * Resolves also when it was aborted or out of time, with what was finished by then: what was never
 * sent counts as `rejected`, what was under way as `failed` or `indeterminate`.
 *
 * @throws (rejects) TypeError where `parts` are given to a real run.
 * @throws (rejects) RunError `world-failed` where the server could not be started or was lost;
 * `unsealed` where code in a simulated run used real time, chance, timers, network or threads.
 */
export async function runExperiment(spec: FullSpec, options: RunOptions = {}): Promise<RunOutput> {
  if (spec.mode === "real" && options.parts !== undefined) {
    throw new TypeError('Cannot run as "parts" must be left out in real mode: got parts');
  }
  const world =
    spec.mode === "simulated"
      ? openSimulatedWorld(spec, systemWall(), options)
      : await openRealWorld(spec, { records: options.onExchange !== undefined });
  try {
    return { result: await conduct(spec, world, free(options)) };
  } finally {
    await world.close();
  }
}

/** The caller's own functions are called amid the events, but are no part of the run. */
function free(options: RunOptions): RunOptions {
  const { onExchange, onProgress } = options;
  return {
    ...options,
    ...(onExchange && { onExchange: (line) => outside(() => onExchange(line)) }),
    ...(onProgress && { onProgress: (progress) => outside(() => onProgress(progress)) }),
  };
}
