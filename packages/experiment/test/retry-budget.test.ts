/** A retry budget in a spec: what it does to an outage, and what is not foretold any more. */
import { describe, expect, test } from "vitest";
import { parseSpec, runExperiment } from "../src/index.ts";

/** 30 seconds at 100 messages a second in which nothing is answered. */
function outage(retryBudget: object | null) {
  const parsed = parseSpec({
    specVersion: 1,
    mode: "simulated",
    seed: 7,
    workload: { messages: 3000, ratePerSecond: 100, inFlightMax: 512 },
    client: { attemptsMax: 4, attemptTimeoutMs: 500, deadlineMs: 10_000, retryBudget },
    faults: [{ id: "dead", kind: "loss", direction: "reply", probability: 1 }],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

describe("client.retryBudget", () => {
  test("keeps an outage of 30 seconds at 5 % more sends, which would have been four times as many", async () => {
    const { result: without } = await runExperiment(outage(null));
    expect(without.counts).toMatchObject({ delivered: 0, attempts: 12_000 });
    const { result } = await runExperiment(outage({}));
    expect(result.counts).toMatchObject({ delivered: 0, attempts: 3100 });
    expect(result.counts.attempts / result.counts.messages).toBeLessThanOrEqual(1.05);
  });

  test("has its defaults filled in, and ends what could be foretold", async () => {
    const spec = outage({ tokensMax: 5 });
    expect(spec.client.retryBudget).toEqual({ tokensMax: 5, costPerRetry: 1, earnedPerReply: 1 });
    const { result } = await runExperiment(spec);
    expect(result.counts.attempts).toBe(3005);
    expect(result.delivery.expected).toBeNull();
  });

  test("is refused by the path of what is wrong with it", () => {
    const parsed = parseSpec({
      specVersion: 1,
      client: { retryBudget: { tokensMax: -1, earnedPerReply: "1", half: 1 } },
    });
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.errors.map(({ path }) => path)).toEqual([
      "/client/retryBudget/earnedPerReply",
      "/client/retryBudget/half",
      "/client/retryBudget/tokensMax",
    ]);
  });
});
