/**
 * One run while it is carried out: the runner's reports go in, the final fields come out.
 *
 * It owns the abort signal, the wall-time alarm and the order in which exchanges reach the
 * store. It does not know the queue, nor who watches. Why a run was stopped is remembered here
 * and nowhere else, since the runner only sees "stop".
 */

import type { Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";
import type { Tally } from "../observe/tally.ts";
import { makeProblem, type Problem } from "../problem.ts";
import type { Runner, RunOutcome, RunWatch } from "../runner/runner.ts";
import type { RunPatch, Store } from "../store/store.ts";
import { storeProblem } from "../store/store-problem.ts";
import { type Progress, type Run, taskOf } from "./run.ts";

/** Why a run is stopped before its own end. */
export type StopReason = "cancelled" | "wall-time" | "shutdown";

/** What an execution needs from its surroundings. */
export interface ExecutionDeps {
  readonly runner: Runner;
  readonly store: Pick<Store, "appendCapture" | "appendExchanges">;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "wallMsMax">;
  /** The run has moved on. */
  onChange(): void;
  /** Exchanges have come, and what they add up to where the runner counts. */
  onExchanges?(lines: readonly string[], tally: Tally | undefined): void;
}

/** One run in progress. */
export class Execution {
  readonly #deps: ExecutionDeps;
  readonly #run: Run;
  readonly #abort = new AbortController();
  #progress: Progress;
  #stopped: StopReason | undefined;
  #storeFailure: Problem | undefined;
  #appended: Promise<void> = Promise.resolve();

  constructor(run: Run, deps: ExecutionDeps) {
    this.#run = run;
    this.#deps = deps;
    this.#progress = run.progress;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Asks the run to end. The first reason stays. */
  stop(reason: StopReason): void {
    this.#stopped ??= reason;
    this.#abort.abort(new Error(`the run was stopped: ${reason}`));
  }

  /** Carries the run out and gives its final fields, once every exchange is in the store. */
  async carryOut(): Promise<RunPatch> {
    const { clock, limits, runner } = this.#deps;
    const disarm = clock.after(limits.wallMsMax, () => this.stop("wall-time"));
    try {
      const watch: RunWatch = {
        signal: this.#abort.signal,
        onProgress: (progress) => this.#onProgress(progress),
        onExchanges: (lines, tally) => {
          this.#deps.onExchanges?.(lines, tally);
          return this.#keep(() => this.#deps.store.appendExchanges(this.#run.id, lines));
        },
        onCapture: (bytes) => this.#keep(() => this.#deps.store.appendCapture(this.#run.id, bytes)),
      };
      const outcome = await runner.run(this.#run.spec, watch, taskOf(this.#run));
      return await this.#settle(outcome);
    } finally {
      disarm();
    }
  }

  async #settle(outcome: RunOutcome): Promise<RunPatch> {
    await this.#appended;
    return {
      ...this.#conclude(outcome),
      progress: this.#progress,
      endedAt: this.#deps.clock.nowIso(),
    };
  }

  #onProgress(progress: Progress): void {
    this.#progress = progress;
    this.#deps.onChange();
  }

  /** One after the other, in the order in which they were told. */
  #keep(append: () => Promise<void>): Promise<void> {
    this.#appended = this.#appended.then(() => this.#append(append));
    return this.#appended;
  }

  /** A run whose exchanges or capture cannot be kept is stopped: its record would not be whole. */
  async #append(append: () => Promise<void>): Promise<void> {
    if (this.#storeFailure !== undefined) return;
    try {
      await append();
      this.#deps.onChange();
    } catch (error) {
      this.#storeFailure = storeProblem(error);
      this.#abort.abort(new Error("what the run told could not be saved"));
    }
  }

  #conclude(outcome: RunOutcome): Pick<Run, "status" | "result" | "error"> {
    const result = outcome.kind === "result" ? outcome.result : null;
    if (this.#storeFailure !== undefined) {
      return { status: "failed", result, error: this.#storeFailure };
    }
    switch (this.#stopped) {
      case "cancelled":
        return { status: "cancelled", result, error: null };
      case "wall-time":
        return { status: "failed", result, error: tooLong(this.#deps.limits.wallMsMax) };
      case "shutdown":
        // Nobody asked for its end: one that was over before it heard of the stop has ended by itself.
        return outcome.kind === "result" && outcome.whole
          ? ended(outcome)
          : { status: "failed", result, error: interrupted("was shut down") };
      case undefined:
        return ended(outcome);
      default:
        return this.#stopped satisfies never;
    }
  }
}

/** The end that a run comes to by itself. */
function ended(outcome: RunOutcome): Pick<Run, "status" | "result" | "error"> {
  return outcome.kind === "result"
    ? { status: "completed", result: outcome.result, error: null }
    : { status: "failed", result: null, error: makeProblem(outcome.code, outcome.message) };
}

/** The error of a run that the service did not live to finish. `how` completes "the service …". */
export function interrupted(how: string): Problem {
  return makeProblem("interrupted", `the service ${how} while the run was in progress`);
}

function tooLong(wallMsMax: number): Problem {
  return makeProblem("wall-time-exceeded", `the run was stopped after ${wallMsMax} ms (wallMsMax)`);
}
