/** The thread of a run: whatever happens in there, an outcome comes out here. */

import { describe, expect, onTestFinished, test } from "vitest";
import { type FullSpec, parseSpec, type Result } from "@faultline/experiment";
import { LINES_AHEAD_MAX } from "../src/runner/ahead.ts";
import type { Runner, RunOutcome, RunWatch } from "../src/runner/runner.ts";
import { makeThreadRunner, type ThreadRunnerOptions } from "../src/runner/thread-runner.ts";
import type { Progress } from "../src/runs/run.ts";
import { systemClock } from "../src/system.ts";
import { makeFakeClock } from "./support/fake-clock.ts";

const parsed = parseSpec({ specVersion: 1, seed: 3, workload: { messages: 300 } });
if (!parsed.ok) throw new Error("this spec must parse");
const { spec } = parsed;

/** Half a minute if nobody stops it. */
const slow = { ...spec, workload: { ...spec.workload, messages: 3000, ratePerSecond: 100 } };

const LIMITS = { runMemoryMiBMax: 256, wallMsMax: 60_000, threadsMax: 2 };

const thread = (name: string): URL => new URL(`./support/threads/${name}.ts`, import.meta.url);

interface Watched extends RunWatch {
  readonly abort: AbortController;
  readonly progress: Progress[];
  readonly lines: string[];
  /** Resolves with the first report of progress. */
  readonly begun: Promise<void>;
}

function watch(): Watched {
  const abort = new AbortController();
  const begun = Promise.withResolvers<void>();
  const progress: Progress[] = [];
  const lines: string[] = [];
  return {
    abort,
    signal: abort.signal,
    progress,
    lines,
    begun: begun.promise,
    onProgress(report) {
      progress.push(report);
      begun.resolve();
    },
    onCapture: () => {},
    onExchanges: (batch) => void lines.push(...batch),
  };
}

function makeRunner(options: Partial<ThreadRunnerOptions> = {}): Runner {
  const runner = makeThreadRunner({ clock: systemClock, ...LIMITS, ...options });
  onTestFinished(() => runner.close());
  return runner;
}

const runIn = (name: string, watched: RunWatch): Promise<RunOutcome> =>
  makeRunner({ entry: thread(name) }).run(spec, watched);

describe("a run in its thread", () => {
  test("gives its result, every exchange once, and progress up to the end", async () => {
    const watched = watch();
    const runner = makeRunner();
    const outcome = await runner.run(spec, watched);
    expect(outcome).toMatchObject({ kind: "result", result: { seed: 3 }, whole: true });
    const { result } = outcome as { result: Result };
    expect(result.counts.messages).toBe(300);
    expect(watched.progress.at(-1)).toEqual({ done: 300, total: 300 });
    const messages = watched.lines.map((line) => (JSON.parse(line) as { message: number }).message);
    expect(messages.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, at) => at));
  });

  test("that is told to stop gives what it has", async () => {
    const clock = makeFakeClock();
    const watched = watch();
    const running = makeRunner({ clock }).run(slow, watched);
    await watched.begun;
    watched.abort.abort(new Error("enough"));
    const outcome = await running;
    const partial = { verdict: "inconclusive" };
    expect(outcome).toMatchObject({ kind: "result", result: partial, whole: false });
    expect(clock.armed).toBe(0);
  });

  test("that was told to stop before it began ends", async () => {
    const watched = watch();
    watched.abort.abort(new Error("never mind"));
    // By a clock that stands still: a busy machine may take its time to start a thread.
    const outcome = await makeRunner({ clock: makeFakeClock() }).run(slow, watched);
    expect(outcome).toMatchObject({ kind: "result", result: { verdict: "inconclusive" } });
  });
});

describe("a run that tells more than is taken", () => {
  const quick: FullSpec = {
    ...spec,
    mode: "simulated",
    workload: { ...spec.workload, messages: LINES_AHEAD_MAX + 5000 },
  };

  test("stands still, and goes on with what is taken", async () => {
    const watched = watch();
    let underWay = 0;
    let most = 0;
    const told = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const running = makeRunner().run(quick, {
      ...watched,
      async onExchanges(batch) {
        watched.lines.push(...batch);
        underWay += batch.length;
        most = Math.max(most, underWay);
        if (underWay >= LINES_AHEAD_MAX) told.resolve();
        await taken.promise;
        underWay -= batch.length;
      },
    });
    await told.promise;
    // As long as one that does not stand still would need for all of it.
    await makeRunner().run(quick, watch());
    expect(most).toBeLessThan(LINES_AHEAD_MAX + 1000);
    taken.resolve();
    expect(await running).toMatchObject({ kind: "result" });
    expect(watched.lines).toHaveLength(quick.workload.messages);
  });

  test("hears that it shall stop as soon as something is taken", async () => {
    const watched = watch();
    const told = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const running = makeRunner().run(quick, {
      ...watched,
      onExchanges(batch) {
        watched.lines.push(...batch);
        if (watched.lines.length >= LINES_AHEAD_MAX) told.resolve();
        return taken.promise;
      },
    });
    await told.promise;
    watched.abort.abort(new Error("enough"));
    taken.resolve();
    expect(await running).toMatchObject({ kind: "result", result: { verdict: "inconclusive" } });
  });
});

describe("a run with many seeds", () => {
  const many: FullSpec = { ...spec, mode: "simulated", seeds: { base: 3, runs: 2000 } };

  test("spreads them over threads of its own, and its lines come run after run", async () => {
    const watched = watch();
    const few: FullSpec = { ...many, seeds: { base: 3, runs: 80 } };
    const outcome = await makeRunner().run(few, watched);
    const { result } = outcome as { result: Result };
    expect(result.runs).toHaveLength(80);
    expect(watched.progress.at(-1)).toEqual({ done: 80 * 300, total: 80 * 300 });
    const runs = watched.lines.map((line) => (JSON.parse(line) as { run: number }).run);
    expect(runs).toEqual(Array.from({ length: 80 * 300 }, (_, at) => Math.floor(at / 300)));
    const alone = await makeRunner({ threadsMax: 1 }).run(few, watch());
    expect((alone as { result: Result }).result.bodyHash).toBe(result.bodyHash);
  });

  test("that is told to stop keeps those that had finished", async () => {
    const watched = watch();
    const running = makeRunner().run(many, watched);
    await watched.begun;
    watched.abort.abort(new Error("enough"));
    const { result } = (await running) as { result: Result };
    expect(result.verdict).toBe("inconclusive");
    expect(result.reasons[0]).toMatch(/^aborted: \d+ of 2000 runs had finished$/);
    expect(result.counts.messages).toBe((result.runs ?? []).length * 300);
  });
});

describe("a thread that fails", () => {
  test("by an error says so in one line", async () => {
    expect(await runIn("crash", watch())).toEqual({
      kind: "failed",
      code: "run-crashed",
      message: "the run's thread crashed: boom",
    });
  });

  test("by ending without a word is a crash", async () => {
    expect(await runIn("silent", watch())).toEqual({
      kind: "failed",
      code: "run-crashed",
      message: "the run's thread ended without a result",
    });
  });

  test("by taking more memory than allowed is told from other crashes", async () => {
    const runner = makeRunner({ runMemoryMiBMax: 64, entry: thread("memory") });
    expect(await runner.run(spec, watch())).toEqual({
      kind: "failed",
      code: "run-crashed",
      message: "the run used more memory than allowed (runMemoryMiBMax)",
    });
  });

  test("by not being there at all is a crash", async () => {
    expect(await runIn("missing", watch())).toMatchObject({ kind: "failed", code: "run-crashed" });
  });

  test.each(["deaf", "busy"])(
    "to obey (%s) is ended after its time, and not before",
    async (name) => {
      const clock = makeFakeClock();
      const watched = watch();
      const runner = makeRunner({ clock, entry: thread(name) });
      const running = runner.run(spec, watched);
      await watched.begun;
      let over = false;
      void running.then(() => (over = true));
      watched.abort.abort(new Error("enough"));
      clock.advance(4999);
      await new Promise(setImmediate);
      expect(over).toBe(false);
      clock.advance(1);
      expect(await running).toMatchObject({ kind: "failed", code: "run-crashed" });
      expect(clock.armed).toBe(0);
    },
  );
});

describe("threads", () => {
  /** Which run of its thread it was; undefined for a failure. */
  const numberOf = (outcome: RunOutcome): number | undefined =>
    outcome.kind === "result" ? (outcome.result as Result).seed : undefined;

  test("wait for the next run after a clean end, and are never used again after another one", async () => {
    const runner = makeRunner({ entry: thread("numbered") });
    const numbers: (number | undefined)[] = [];
    for (let n = 0; n < 5; n += 1) numbers.push(numberOf(await runner.run(spec, watch())));
    expect(numbers).toEqual([1, 2, undefined, 1, 2]);
  });

  test("are one for each run in progress", async () => {
    const runner = makeRunner({ entry: thread("numbered") });
    const both = await Promise.all([runner.run(spec, watch()), runner.run(spec, watch())]);
    expect(both.map(numberOf)).toEqual([1, 1]);
  });

  test("tell the first line of an error of the experiment", async () => {
    const runner = makeRunner({ entry: thread("numbered") });
    for (let n = 0; n < 2; n += 1) await runner.run(spec, watch());
    expect(await runner.run(spec, watch())).toEqual({
      kind: "failed",
      code: "run-failed",
      message: "three",
    });
  });

  test("that carried out a real run carry out another one as well", async () => {
    const runner = makeRunner();
    for (let n = 0; n < 3; n += 1) {
      const outcome = await runner.run(spec, watch());
      expect(outcome).toMatchObject({ kind: "result", result: { verdict: "pass" } });
    }
  });
});
