/**
 * Tries seeds, here or on several threads, and tells what came of each in the order of the seeds.
 *
 *   seed 7 8 9 10 …  ─► thread 1: 7 … thread 2: 8 … 9 …  ─►  7, 8, 9 …
 *
 * Whoever reads may stop at any seed, and gets the same answer from any number of threads: what was
 * tried beyond it is thrown away. A thread that is lost takes the search with it, as a crash here would.
 */
import { Worker, resourceLimits } from "node:worker_threads";
import { threadEntry } from "../series/entry.ts";
import type { FullSpec } from "../spec/types.ts";
import type { Failure } from "./failure.ts";
import { type CreateParts, runTrial } from "./trial.ts";

/** What came of one seed. */
export interface SeedOutcome {
  readonly seed: number;
  readonly failures: readonly Failure[];
  readonly digest: string | null;
}

/** What a thread is told once. */
export interface TrialSetup {
  readonly spec: FullSpec;
  /** URL of the module whose default export makes the parts. */
  readonly partsModule: string | undefined;
}

/** What a thread says of a seed. */
export type TrialAnswer = { readonly outcome: SeedOutcome } | { readonly broken: string };

/** Which seeds, and how. */
export interface Trying {
  readonly base: number;
  readonly seeds: number;
  readonly createParts: CreateParts | undefined;
  readonly partsModule: string | undefined;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

/** Seeds that may be tried beyond the one that is waited for, for each thread. */
const AHEAD_PER_THREAD = 8;

/** The outcomes in order; ends early when the signal is aborted. */
export function trySeeds(spec: FullSpec, trying: Trying): AsyncGenerator<SeedOutcome, void, void> {
  // functions of the caller cannot go to another thread
  const alone = trying.createParts !== undefined && trying.partsModule === undefined;
  return trying.threads === 1 || alone ? tryHere(spec, trying) : tryOnThreads(spec, trying);
}

async function* tryHere(
  spec: FullSpec,
  { base, seeds, createParts, signal }: Trying,
): AsyncGenerator<SeedOutcome, void, void> {
  for (let seed = base; seed < base + seeds; seed += 1) {
    if (signal?.aborted === true) return;
    const trial = await runTrial({ ...spec, seed }, { createParts, signal, detail: false });
    if (trial.aborted) return;
    yield { seed, failures: trial.failures, digest: trial.result?.digest ?? null };
  }
}

async function* tryOnThreads(
  spec: FullSpec,
  { base, seeds, partsModule, threads, signal }: Trying,
): AsyncGenerator<SeedOutcome, void, void> {
  const pool = new TrialPool(threads, { spec, partsModule });
  const waiting: Promise<SeedOutcome>[] = [];
  const stopped = Promise.withResolvers<undefined>();
  const stop = (): void => stopped.resolve(undefined);
  if (signal?.aborted === true) stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for (let next = 0; ;) {
      while (waiting.length < threads * AHEAD_PER_THREAD && next < seeds) {
        const one = pool.try(base + next);
        // it may fail before its turn, or be thrown away: that is no unhandled rejection
        one.catch(() => {});
        waiting.push(one);
        next += 1;
      }
      const first = waiting.shift();
      const outcome = first && (await Promise.race([first, stopped.promise]));
      if (outcome === undefined || signal?.aborted === true) return;
      yield outcome;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    await pool.end();
  }
}

interface Order {
  readonly seed: number;
  readonly resolve: (outcome: SeedOutcome) => void;
  readonly reject: (error: Error) => void;
}

/** Threads, and the seeds that wait for one. */
class TrialPool {
  readonly #setup: TrialSetup;
  readonly #threads: number;
  readonly #workers = new Map<Worker, Order | undefined>();
  readonly #queue: Order[] = [];

  constructor(threads: number, setup: TrialSetup) {
    this.#threads = threads;
    this.#setup = setup;
  }

  try(seed: number): Promise<SeedOutcome> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ seed, resolve, reject });
      this.#deal();
    });
  }

  async end(): Promise<void> {
    const workers = [...this.#workers.keys()];
    this.#workers.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #deal(): void {
    while (this.#queue.length > 0) {
      const worker = this.#free();
      if (worker === undefined) return;
      const order = this.#queue.shift()!;
      this.#workers.set(worker, order);
      worker.postMessage(order.seed);
    }
  }

  #free(): Worker | undefined {
    for (const [worker, order] of this.#workers) if (order === undefined) return worker;
    return this.#workers.size < this.#threads ? this.#start() : undefined;
  }

  #start(): Worker {
    const worker = new Worker(threadEntry("#trial-thread"), {
      workerData: this.#setup,
      resourceLimits: { ...resourceLimits },
    });
    this.#workers.set(worker, undefined);
    worker.on("message", (answer: TrialAnswer) => {
      const order = this.#workers.get(worker);
      if (order === undefined) return;
      this.#workers.set(worker, undefined);
      if ("outcome" in answer) order.resolve(answer.outcome);
      else order.reject(new Error(answer.broken));
      this.#deal();
    });
    worker.on("error", (error) => this.#workers.get(worker)?.reject(error as Error));
    worker.on("exit", () =>
      this.#workers.get(worker)?.reject(new Error("Cannot go on: a thread of the search ended")),
    );
    return worker;
  }
}
