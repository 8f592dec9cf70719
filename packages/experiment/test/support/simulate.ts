/**
 * Runs one simulated scenario, ten others before it, and prints its digest and hash.
 */
import { planScenario, runExperiment } from "../../src/index.ts";

for (let seed = 0; seed < 10; seed += 1) await simulate("loss", seed);
const result = await simulate("exactly-once");
console.log(JSON.stringify([result.digest, result.bodyHash]));

async function simulate(scenario: string, seed?: number) {
  const more = seed === undefined ? {} : { seed };
  const planned = planScenario({ scenario, transport: "udp", mode: "simulated", ...more });
  if (!planned.ok) throw new Error(JSON.stringify(planned.errors));
  return (await runExperiment(planned.spec)).result;
}
