/**
 * A series: one spec, many seeds, one result.
 *
 *   indexes ─► here, or threads ─► finished runs ─► ledger (by index) ─► result
 *
 * Which thread carried out which run, and which was ready first, is nowhere in the result: runs
 * are entered by index. A run that fails is named and the others go on; a series that is stopped
 * keeps the runs that had come to their end and nothing of those that had not.
 */
import { availableParallelism } from "node:os";
import { ABORTED } from "../result/aborted.ts";
import { assembleResult } from "../result/assemble.ts";
import type { Envelope, ExchangeLine, Result } from "../result/types.ts";
import { WALL_MS_MAX } from "../run/conduct.ts";
import type { RunOptions } from "../run/run.ts";
import type { Wall } from "../run/port.ts";
import { systemWall } from "../run/world.ts";
import { replayable } from "../scenarios/scenarios.ts";
import { runsOf } from "../spec/seeds.ts";
import type { FullSpec } from "../spec/types.ts";
import { carryOut } from "./finished.ts";
import { Ledger, type RunEnd } from "./ledger.ts";
import { LineOrder } from "./line-order.ts";
import { messageOf } from "./messages.ts";
import { Meter } from "./meter.ts";
import { ThreadPool } from "./thread-pool.ts";
import { threadsFor } from "./threads.ts";

/** Failed runs after which the others are not tried: something is wrong with the laboratory. */
const FAILED_MAX = 20;

const nobody = (): void => {};

/** Runs every seed of a spec that has `seeds`. */
export async function runSeries(spec: FullSpec, options: RunOptions): Promise<Result> {
  return new Series(spec, options).go();
}

/** One series, once. */
class Series {
  readonly #spec: FullSpec;
  readonly #options: RunOptions;
  readonly #wall: Wall = systemWall();
  readonly #ledger: Ledger;
  readonly #meter: Meter;
  readonly #stop = new AbortController();
  #interrupted: string | undefined;

  constructor(spec: FullSpec, options: RunOptions) {
    this.#spec = spec;
    this.#options = options;
    this.#ledger = new Ledger(spec, options.onRun ?? nobody);
    this.#meter = new Meter(spec, options.onProgress ?? nobody);
  }

  async go(): Promise<Result> {
    const unwatch = this.#watch();
    try {
      const threads = threadsFor(this.#spec, this.#options, availableParallelism());
      if (threads > 1) await this.#spreadOver(threads);
      else await this.#carryOutHere();
    } finally {
      unwatch();
    }
    this.#ledger.close();
    this.#meter.close();
    return assembleResult({
      spec: this.#spec,
      measured: this.#ledger.measured(this.#reasons()),
      envelope: this.#envelope(),
      scenarios: replayable,
      series: this.#ledger.parts(),
    });
  }

  /** One after the other, on this thread. */
  async #carryOutHere(): Promise<void> {
    for (let index = 0; index < runsOf(this.#spec); index += 1) {
      if (this.#stop.signal.aborted) return;
      const end = await this.#carryOut(index);
      if (end === undefined) return;
      this.#end(end);
    }
  }

  /** Undefined where it was stopped. What the caller's own function throws is no failed run. */
  async #carryOut(index: number): Promise<RunEnd | undefined> {
    const { keys, onExchange, limits, parts } = this.#options;
    let thrown: { readonly error: unknown } | undefined;
    const onLine = (line: ExchangeLine): void => {
      try {
        onExchange?.({ run: index, ...line });
      } catch (error) {
        thrown = { error };
        throw error;
      }
    };
    try {
      return await carryOut(this.#spec, index, {
        signal: this.#stop.signal,
        ...(limits && { limits }),
        ...(parts && { parts }),
        ...(keys && { keys }),
        ...(onExchange && { onExchange: onLine }),
        onProgress: ({ done }) => this.#meter.settle(index, done),
      });
    } catch (error) {
      if (thrown !== undefined) throw thrown.error;
      return { index, failed: messageOf(error) };
    }
  }

  /** All at once, as many as there are threads. */
  async #spreadOver(threads: number): Promise<void> {
    const { keys, onExchange, limits } = this.#options;
    const order = new LineOrder(onExchange ?? nobody);
    const pool = new ThreadPool({
      threads,
      ledger: this.#ledger,
      setup: {
        spec: this.#spec,
        lines: onExchange !== undefined,
        progressStep: this.#meter.step,
        wallMsMax: limits?.wallMsMax,
        keys,
      },
      onLines: (index, batch) => order.push(index, batch),
      onProgress: (index, done) => this.#meter.settle(index, done),
      onEnd: (run) => {
        this.#end(run);
        order.advance(this.#ledger.head);
      },
    });
    await pool.run(this.#stop.signal);
    order.close();
  }

  #end(run: RunEnd): void {
    this.#ledger.end(run);
    this.#meter.end(run.index);
    if (this.#ledger.failed >= FAILED_MAX && !this.#ledger.isFull) {
      this.#interrupt(`stopped after ${FAILED_MAX} failed runs`);
    }
  }

  /** Stops at the caller's signal and at the wall limit. */
  #watch(): () => void {
    const { signal, limits } = this.#options;
    const wallMsMax = limits?.wallMsMax ?? WALL_MS_MAX;
    const timer = this.#wall.alarm(wallMsMax, () =>
      this.#interrupt(`stopped at the wall limit of ${wallMsMax} ms`),
    );
    const onAbort = (): void => this.#interrupt(ABORTED);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    return () => {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    };
  }

  #interrupt(why: string): void {
    this.#interrupted ??= why;
    this.#stop.abort(new Error(why));
  }

  /** Nothing where every run was over before the stop. */
  #reasons(): string[] {
    const runs = runsOf(this.#spec);
    if (this.#interrupted === undefined || this.#ledger.isFull) return [];
    return [`${this.#interrupted}: ${this.#ledger.finished} of ${runs} runs had finished`];
  }

  #envelope(): Envelope {
    const envelope = this.#wall.envelope();
    const { simulatedMs } = this.#ledger;
    if (simulatedMs === null) return envelope;
    const wallMs = Math.max(envelope.wallMs, 1);
    return { ...envelope, simulatedMs, simulatedMsPerWallMs: Math.round(simulatedMs / wallMs) };
  }
}
