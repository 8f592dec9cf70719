/** Assertions about a series: what its runs say together that none could say alone. */
import { describe, expect, test } from "vitest";
import { type Assertion, parseSpec, runExperiment } from "../src/index.ts";
import type { RecoveryMeasured } from "../src/run/recovery.ts";
import { Slowest } from "../src/series/slowest.ts";
import { LatencySample } from "../src/statistics/latency.ts";
import { meanOf } from "../src/statistics/mean.ts";
import { wilson } from "../src/statistics/wilson.ts";
import { judge } from "../src/verdict/assertion.ts";
import type { View } from "../src/verdict/view.ts";

function assertion(metric: string, op: Assertion["op"], value: number, more = {}): Assertion {
  return { metric, op, value, confidence: 0.95, phase: null, sometimes: false, ...more };
}

/** Runs of 100 messages each, so many of them delivered. */
function series(delivered: readonly number[]) {
  const total = delivered.reduce((sum, one) => sum + one, 0);
  const view: View = {
    counts: { messages: 100 * delivered.length, delivered: total },
    latency: new LatencySample(),
    service: new LatencySample(),
    expected: null,
    faults: [],
    recovery: undefined,
    wire: null,
  };
  view.latency.record(5_000);
  const replicates = delivered.map((one) => ({ observed: one / 100, n: 100 }));
  return { view, complete: true, replicates };
}

const times = (n: number, value: number): number[] => Array.from({ length: n }, () => value);

describe("a proportion over runs", () => {
  test("has the interval of the runs where they differ more than chance lets them", () => {
    // one run in four lost half of its messages: an outage, not 1000 messages' independent luck
    const delivered = [...times(9, 100), ...times(3, 50)];
    const { interval, message } = judge(assertion("delivery.ratio", ">=", 0.85), series(delivered));
    const between = meanOf(delivered.map((one) => one / 100))?.interval;
    expect(interval).toEqual([between?.[0], 1]);
    expect(wilson(1_050, 1_200)?.[0]).toBeGreaterThan(0.85);
    // (0.144 / 0.025)² · 12 runs
    expect(message).toMatch(/: undecided, about 3\d\d runs would decide$/);
  });

  test("keeps Wilson's where all runs agree: 12 perfect runs of 100 do not prove 1", () => {
    const { interval, verdict } = judge(
      assertion("delivery.ratio", ">=", 0.999),
      series(times(12, 100)),
    );
    expect(interval).toEqual(wilson(1_200, 1_200));
    expect(verdict).toBe("inconclusive");
  });

  test("is pooled below ten runs", () => {
    const few = [...times(6, 100), ...times(3, 50)];
    const { interval } = judge(assertion("delivery.ratio", ">=", 0.8), series(few));
    expect(interval).toEqual(wilson(750, 900));
  });
});

describe("a mean over runs", () => {
  const means = (runs: number) => ({
    ...series(times(runs, 100)),
    replicates: Array.from({ length: runs }, (_, run) => ({ observed: 4 + (run % 5) / 2, n: 100 })),
  });

  test("has the interval of the runs' means, each one observation", () => {
    const { interval, verdict } = judge(assertion("latencyMs.mean", "<", 5.6), means(10));
    expect(interval).toEqual(meanOf([4, 4.5, 5, 5.5, 6, 4, 4.5, 5, 5.5, 6])?.interval);
    expect(verdict).toBe("pass");
    expect(judge(assertion("latencyMs.mean", "<", 5.1), means(10)).message).toMatch(
      /: undecided, about \d+ runs would decide$/,
    );
  });

  test("has none below ten runs, and says so", () => {
    const { verdict, message } = judge(assertion("latencyMs.mean", "<", 1e6), means(9));
    expect(verdict).toBe("inconclusive");
    expect(message).toContain("9 runs give a mean no interval, 10 would");
  });
});

describe("what counts the events of a run", () => {
  const { view } = series([100, 100, 100, 100]);
  const executions = (value: number, seen: (number | null)[]) =>
    judge(assertion("counts.messages", "==", value, { confidence: null }), {
      view,
      complete: true,
      replicates: seen.map((observed) => ({ observed, n: null })),
    });

  test("must hold in each of a series, whatever the sum", () => {
    expect(executions(100, [100, 100, 100, 100])).toMatchObject({
      verdict: "pass",
      observed: 400,
      message: "expected counts.messages == 100 in every run, got 400 in all: held in 4 of 4 runs",
    });
    expect(executions(100, [100, 99, 100, 101])).toMatchObject({ verdict: "fail" });
    expect(executions(400, [100, 100, 100, 100]).message).toContain("held in 0 of 4 runs");
  });

  test("is undecided where a run does not know it, and there is no run at all", () => {
    expect(executions(100, [100, null])).toMatchObject({ verdict: "inconclusive" });
    expect(executions(100, [])).toMatchObject({ verdict: "inconclusive" });
  });
});

describe("what must hold sometimes", () => {
  const sometimes = (value: number, complete = true) =>
    judge(assertion("delivery.ratio", "<=", value, { confidence: null, sometimes: true }), {
      ...series([100, 97, 100, 92]),
      complete,
    });

  test("holds where one run in the series shows it, and counts those that do", () => {
    expect(sometimes(0.95)).toMatchObject({
      verdict: "pass",
      message:
        "expected sometimes delivery.ratio <= 0.95, got 0.9725 of 400 in all: held in 1 of 4 runs",
    });
    expect(sometimes(0.98).message).toContain("held in 2 of 4 runs");
  });

  test("fails where none does, if all went to their end", () => {
    expect(sometimes(0.9)).toMatchObject({ verdict: "fail" });
    expect(sometimes(0.9, false)).toMatchObject({ verdict: "inconclusive" });
    expect(sometimes(0.9, false).message).toContain("held in 0 of 4 runs, and not all went");
  });

  test("is seen in a series of simulated runs that no single one would show for sure", async () => {
    const parsed = parseSpec({
      specVersion: 1,
      mode: "simulated",
      seeds: { base: 1, runs: 40 },
      workload: { messages: 10 },
      faults: [{ id: "rare", kind: "loss", probability: 0.02, answer: "error" }],
      assert: [
        { metric: "faults.rare.fired", op: ">=", value: 1, sometimes: true },
        { metric: "counts.resets", op: ">=", value: 1, sometimes: true },
      ],
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const { result } = await runExperiment(parsed.spec);
    const fired = result.runs?.filter(({ faults }) => (faults[0]?.fired ?? 0) > 0).length ?? 0;
    expect(fired).toBeGreaterThan(0);
    expect(fired).toBeLessThan(40);
    expect(result.assertions[0]).toMatchObject({ verdict: "pass" });
    expect(result.assertions[0]?.message).toContain(`held in ${fired} of 40 runs`);
    expect(result.assertions[1]).toMatchObject({ verdict: "fail" });
  });
});

describe("the recovery of a series", () => {
  const run = (first: number | null, steady: number | null, bound = 0): RecoveryMeasured => ({
    phase: "storm",
    toFirstSuccessMs: first,
    toSteadyStateMs: steady,
    reason: steady === null ? "too short" : null,
    firstSuccessLongerThanMs: 0,
    steadyStateLongerThanMs: bound,
  });
  const slowest = (...runs: readonly RecoveryMeasured[]) => {
    const growing = new Slowest();
    for (const one of runs) growing.add(one);
    return growing.result()[0];
  };

  test("is that of its slowest run", () => {
    expect(slowest(run(1, 30), run(9, 10), run(2, 20))).toMatchObject({
      toFirstSuccessMs: 9,
      toSteadyStateMs: 30,
      reason: null,
    });
  });

  test("was never complete if one run's was not, and took longer than any that was", () => {
    expect(slowest(run(1, 30), run(2, null, 7), run(3, null, 50), run(4, 60))).toMatchObject({
      toFirstSuccessMs: 4,
      toSteadyStateMs: null,
      reason: "in 2 of 4 runs: too short",
      steadyStateLongerThanMs: 60,
    });
    expect(slowest(run(1, null, 90), run(2, 60))?.steadyStateLongerThanMs).toBe(90);
    expect(slowest()).toBeUndefined();
  });

  test("is in the result, and asserted", async () => {
    const parsed = parseSpec({
      specVersion: 1,
      mode: "simulated",
      transport: "udp",
      seeds: [1, 2, 3],
      workload: { messages: 300, ratePerSecond: 100, inFlightMax: 64 },
      client: { attemptTimeoutMs: 50, attemptsMax: 50 },
      faults: [{ id: "split", kind: "partition" }],
      phases: [
        { name: "baseline", durationMs: 1_000 },
        { name: "fault", durationMs: 500, faults: ["split"] },
        { name: "recovery", durationMs: 1_500 },
      ],
      assert: [{ metric: "recovery.toSteadyStateMs", op: "<", value: 1_000 }],
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const { result } = await runExperiment(parsed.spec);
    const alone = await Promise.all(
      [1, 2, 3].map((seed) => runExperiment({ ...parsed.spec, seed, seeds: null })),
    );
    const steady = alone.map((one) => one.result.recovery?.[0]?.toSteadyStateMs ?? NaN);
    expect(result.recovery?.[0]?.toSteadyStateMs).toBe(Math.max(...steady));
    expect(result.runs?.map(({ recovery }) => recovery?.[0]?.toSteadyStateMs)).toEqual(steady);
    expect(result.assertions[0]).toMatchObject({ verdict: "pass", observed: Math.max(...steady) });
  });
});
