/** Every built-in scenario over each of its transports comes to what it expects. */
import { expect, test } from "vitest";
import { planScenario, runExperiment, scenarios } from "../src/index.ts";

/** The ones that take longest first, so that the others pass beside them. */
const CASES = scenarios
  .flatMap((scenario) => scenario.transports.map((transport) => ({ scenario, transport })))
  .toSorted((a, b) => b.scenario.spec.workload.clients - a.scenario.spec.workload.clients);

test.concurrent.each(["tcp", "udp"] as const)(
  "the original mix over %s: 20/20/20/40 of 2000 messages",
  async (transport) => {
    const plan = planScenario({ scenario: "seed-mix", transport, seed: 2_024 });
    if (!plan.ok) throw new Error(JSON.stringify(plan.errors));
    // the same mix, with many messages on many clients, so that its delays pass side by side; at a
    // rate, or 500 first datagrams at once would overflow the socket's buffer (212 kB on Linux)
    const workload = { ...plan.spec.workload, messages: 2_000, clients: 500, ratePerSecond: 1_000 };
    const { result } = await runExperiment({ ...plan.spec, workload });
    expect(result.counts.messages).toBe(2_000);
    for (const { id, eligible, fired, z } of result.faults) {
      // an attempt that crossed the reply to an earlier one may never be read
      expect(eligible).toBeLessThanOrEqual(result.counts.attempts);
      expect(eligible).toBeGreaterThan(result.counts.attempts * 0.95);
      expect([id, Math.abs(z ?? Infinity) < 4]).toEqual([id, true]);
      expect(fired / eligible).toBeCloseTo(0.2, 1);
    }
  },
);

test.concurrent.each(CASES)("$scenario.name over $transport", async ({ scenario, transport }) => {
  const plan = planScenario({ scenario: scenario.name, transport });
  if (!plan.ok) throw new Error(JSON.stringify(plan.errors));
  const { result } = await runExperiment(plan.spec);
  const { counts, faults, verdict } = result;
  const broken = result.assertions.filter((one) => one.verdict !== "pass");
  const why = broken.map(({ message }) => message);
  expect([verdict, ...result.reasons, ...why]).toEqual([scenario.expect]);
  const { messages, delivered, failed, rejected, indeterminate } = counts;
  expect(delivered + failed + rejected + indeterminate).toBe(messages);
  for (const fault of faults) expect([fault.id, fault.fired > 0]).toEqual([fault.id, true]);
  if (plan.spec.checksum === "none") expect(counts.corruptionsUndetected).toBeGreaterThan(0);
  else expect(counts.corruptionsUndetected).toBe(0);
  expect(result.replay).toContain(`faultline run ${scenario.name}`);
});
