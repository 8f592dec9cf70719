/** A runner whose runs end when the test says so, and obey the stop signal unless told not to. */

import type { ExchangeLine, FullSpec, Result } from "@faultline/experiment";
import type { Runner, RunOutcome, RunWatch } from "../../src/runner/runner.ts";

export interface FakeRun {
  readonly spec: FullSpec;
  readonly watch: RunWatch;
  /** Reports exchanges `from` … `to - 1` and the progress they make. */
  exchange(from: number, to: number): void;
  /** Ends with a result, `pass` unless another verdict is given; one that is inconclusive is partial. */
  finish(verdict?: Result["verdict"]): void;
  end(outcome: RunOutcome): void;
}

export interface FakeRunner extends Runner {
  /** Runs that have started, in the order in which they did. */
  readonly runs: readonly FakeRun[];
  /** The n-th run, from 0, as soon as it has started. */
  started(index: number): Promise<FakeRun>;
  /** When false, a stop is ignored. @default true */
  obeys: boolean;
}

export function makeFakeRunner(): FakeRunner {
  const runs: FakeRun[] = [];
  const waiting = new Map<number, (run: FakeRun) => void>();
  const runner: FakeRunner = {
    runs,
    obeys: true,
    run(spec, watch) {
      const { promise, resolve } = Promise.withResolvers<RunOutcome>();
      const run = makeFakeRun(spec, watch, resolve);
      watch.signal.addEventListener("abort", () => runner.obeys && run.finish("inconclusive"));
      runs.push(run);
      waiting.get(runs.length - 1)?.(run);
      return promise;
    },
    close: () => Promise.resolve(),
    started(index) {
      const run = runs[index];
      if (run !== undefined) return Promise.resolve(run);
      return new Promise((resolve) => waiting.set(index, resolve));
    },
  };
  return runner;
}

function makeFakeRun(spec: FullSpec, watch: RunWatch, end: (outcome: RunOutcome) => void): FakeRun {
  return {
    spec,
    watch,
    end,
    exchange(from, to) {
      const indices = Array.from({ length: to - from }, (_, at) => from + at);
      void watch.onExchanges(indices.map((index) => JSON.stringify(makeExchange(index))));
      watch.onProgress({ done: to, total: spec.workload.messages });
    },
    finish(verdict = "pass") {
      const whole = verdict !== "inconclusive";
      end({ kind: "result", result: makeResult(spec, verdict), whole });
    },
  };
}

export function makeExchange(message: number): ExchangeLine {
  return {
    client: 0,
    message,
    outcome: "delivered",
    attempts: [{ attempt: 1, sentUs: message, endedUs: message + 1, ended: "reply", faults: [] }],
  };
}

/** Small, and enough for an API that does not look inside. */
export function makeResult(spec: FullSpec, verdict: Result["verdict"] = "pass"): Result {
  return { schemaVersion: 1, seed: spec.seed, spec, verdict } as unknown as Result;
}
