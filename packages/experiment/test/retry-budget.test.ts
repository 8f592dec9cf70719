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

  test("is full enough for the original's mix: with ten attempts, 99.9 % are delivered", async () => {
    const parsed = parseSpec({
      specVersion: 1,
      mode: "simulated",
      seed: 11,
      workload: { messages: 4000, clients: 20 },
      client: { attemptsMax: 10, attemptTimeoutMs: 3000, deadlineMs: 60_000, retryBudget: {} },
      composition: "exclusive",
      faults: [
        { id: "lost", kind: "loss", direction: "reply", probability: 0.2, answer: "error" },
        {
          id: "late",
          kind: "delay",
          direction: "reply",
          probability: 0.2,
          delayMs: 5000,
          jitterMs: 5000,
        },
        { id: "damage", kind: "corrupt", direction: "reply", probability: 0.2, how: "byte" },
      ],
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const { result } = await runExperiment(parsed.spec);
    expect(result.delivery.ratio).toBeGreaterThanOrEqual(0.999);
    expect(result.counts.corruptionsUndetected).toBe(0);
    expect(result.counts.attempts / result.counts.messages).toBeGreaterThan(1.5);
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
