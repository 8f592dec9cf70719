/** Series against what is known beforehand: scenarios hold by no luck of their seed, more runs are surer. */
import { expect, test } from "vitest";
import { parseSpec, planScenario, runExperiment, scenarios } from "../src/index.ts";
import { forecastOf } from "../src/oracle/forecast.ts";
import { judgeFigures } from "../src/oracle/judge.ts";
import { LatencySample } from "../src/statistics/latency.ts";

test("a mean off by so much is ten times as far off in standard deviations over a hundred runs", async () => {
  const parsed = parseSpec({
    specVersion: 1,
    mode: "simulated",
    seed: 1,
    workload: { messages: 100 },
    client: { attemptsMax: 2 },
    faults: [{ id: "flip", kind: "corrupt", probability: 0.2 }],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const { counts } = (await runExperiment(parsed.spec)).result;
  const sample = new LatencySample();
  for (let n = 0; n < 100; n += 1) sample.record(20_000);
  const zOf = (runs: number): number => {
    const observed = { counts, latency: sample, service: sample, faults: [], cutShort: undefined };
    const figures = judgeFigures(forecastOf(parsed.spec), { ...observed, runs });
    return figures.find(({ metric }) => metric === "latencyMs.mean")?.z ?? 0;
  };
  expect(zOf(1)).toBeGreaterThan(1);
  expect(zOf(100) / zOf(1)).toBeCloseTo(10, 3);
});

/** A capture is of one run. */
const repeatable = scenarios.filter(({ spec }) => !spec.capture);

test.each(repeatable.map(({ name }) => name))(
  "the scenario %s passes with other seeds as well, all in one result",
  async (scenario) => {
    const planned = planScenario({ scenario, mode: "simulated", seeds: { base: 1_000, runs: 3 } });
    if (!planned.ok) throw new Error(JSON.stringify(planned.errors));
    const { result } = await runExperiment(planned.spec, { threads: 1 });
    const failed = result.assertions.filter(({ verdict }) => verdict !== "pass");
    expect(failed.map(({ message }) => message)).toEqual([]);
    expect(result.verdict, JSON.stringify(result.reasons)).toBe("pass");
  },
);
