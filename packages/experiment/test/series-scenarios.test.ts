/** Built-in scenarios over other seeds than their own: none of them holds by the luck of its seed. */
import { expect, test } from "vitest";
import { planScenario, runExperiment, scenarios } from "../src/index.ts";

test.each(scenarios.map(({ name }) => name))(
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
