/**
 * Runs an experiment: spec in, result out.
 */
import type { ExchangeLine, Result } from "../result/types.ts";
import type { FullSpec } from "../spec/types.ts";

/** How far a run is: messages settled, of all messages. */
export interface RunProgress {
  readonly done: number;
  readonly total: number;
}

/** What bounds a run beyond its spec. */
export interface RunLimits {
  /** Wall time after which the run stops and its verdict is inconclusive. @default 3_600_000 */
  readonly wallMsMax: number;
}

/** What a run may be given. */
export interface RunOptions {
  /** Stops the run: the result is partial, its verdict inconclusive. */
  readonly signal?: AbortSignal;
  /** At most about a hundred calls, the last with done = total. */
  readonly onProgress?: (progress: RunProgress) => void;
  /** Each message once, in the order in which they settled. */
  readonly onExchange?: (line: ExchangeLine) => void;
  readonly limits?: Partial<RunLimits>;
}

/** What a run comes to. */
export interface RunOutput {
  readonly result: Result;
}

/** Runs the spec. Resolves also when it was aborted, with what is finished by then. */
export async function runExperiment(spec: FullSpec, options: RunOptions = {}): Promise<RunOutput> {
  await Promise.reject(new Error(`not yet: ${spec.name} ${Object.keys(options).join()}`));
  throw new Error("not yet");
}
