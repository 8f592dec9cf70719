import { expect, test } from "vitest";
import type { BurstLossFault } from "../../src/index.ts";
import { zScore } from "../../src/index.ts";
import { BURST_BLOCK_MESSAGES } from "../../src/limits.ts";
import { chainOf, decideMany, deeds, meanOf, onlyStats, shuffled, unitOf } from "../helpers.ts";

const BURSTS = { id: "burst", kind: "burst-loss" } as const;

function losses(other: Partial<BurstLossFault>, count: number): boolean[] {
  return decideMany(chainOf({ ...BURSTS, ...other }), count).map(({ fate }) => fate === "drop");
}

/** Lengths of runs of lost messages. */
function runsOf(lost: readonly boolean[]): number[] {
  const text = lost.map((is) => (is ? "x" : ".")).join("");
  return (text.match(/x+/g) ?? []).map((run) => run.length);
}

test("burst-loss drops the message and says so", () => {
  const decision = chainOf({ ...BURSTS, p: 1, r: 0 }).decide(unitOf(), 0);
  expect(decision.fate).toBe("drop");
  expect(deeds(decision)).toEqual(["burst: dropped"]);
});

test("burst-loss loses p / (p + r) of all messages in the long run", () => {
  const chain = chainOf(BURSTS);
  decideMany(chain, 50_000);
  const stats = onlyStats(chain);
  expect(stats.expected).toBeCloseTo((0.05 / 0.35) * 50_000, 6);
  expect(Math.abs(zScore(stats)!)).toBeLessThan(4);
});

test("burst-loss comes in bursts of 1 / r messages on average", () => {
  const runs = runsOf(losses({}, 50_000));
  // Geometric with mean 10/3: deviation √(1-r)/r = 2.79.
  expect(Math.abs(meanOf(runs) - 1 / 0.3)).toBeLessThan((4 * 2.79) / Math.sqrt(runs.length));
});

test("burst-loss with a chance in either state follows the general closed form", () => {
  const model = { p: 0.1, r: 0.25, lossInBad: 0.8, lossInGood: 0.02 };
  const lost = losses(model, 50_000);
  const bad = model.p / (model.p + model.r);
  const mean = bad * 0.8 + (1 - bad) * 0.02;
  // Both of two neighbours lost: sum over the states of the first and the second.
  const both =
    bad * 0.8 * ((1 - model.r) * 0.8 + model.r * 0.02) +
    (1 - bad) * 0.02 * (model.p * 0.8 + (1 - model.p) * 0.02);
  const runs = runsOf(lost);
  expect(Math.abs(lost.filter(Boolean).length / lost.length - mean)).toBeLessThan(0.012);
  expect(Math.abs(meanOf(runs) - mean / (mean - both))).toBeLessThan(0.1);
});

test("burst-loss is in the long run from the first message on", () => {
  // The first message of 5000 sessions each: a chain that began in the good state would lose none.
  const chain = chainOf(BURSTS);
  for (let sessionLow = 0; sessionLow < 5000; sessionLow += 1) {
    chain.decide(unitOf({ sessionLow }), 0);
  }
  const stats = onlyStats(chain);
  expect(stats.fired).toBeGreaterThan(0);
  expect(stats.variance).toBeCloseTo(5000 * (1 / 7) * (6 / 7), 6);
  expect(Math.abs(zScore(stats)!)).toBeLessThan(4);
});

test("burst-loss meets the same message with the same fate in any order of asking", () => {
  const models = [{}, { p: 0.9, r: 0.8 }, { p: 0.001, r: 0.002 }, { p: 0.5, r: 0.5 }] as const;
  for (const model of models) {
    const inOrder = losses(model, 600);
    const chain = chainOf({ ...BURSTS, ...model });
    for (const message of shuffled([...inOrder.keys()], 5)) {
      expect(chain.decide(unitOf({ message }), 0).fate === "drop").toBe(inOrder[message]);
    }
  }
});

test("burst-loss of a chain that never moves stays where it began: good", () => {
  expect(losses({ p: 0, r: 0 }, 2000).some(Boolean)).toBe(false);
  expect(losses({ p: 0, r: 0.5, lossInGood: 1 }, 100).every(Boolean)).toBe(true);
});

test("burst-loss of a chain that always moves loses every other message", () => {
  const lost = losses({ p: 1, r: 1 }, 100);
  expect(lost.every((is, message) => is === (lost[0] !== (message % 2 === 1)))).toBe(true);
});

test("burst-loss that turns bad for good loses all from then on", () => {
  const text = losses({ p: 0.01, r: 0 }, 1000);
  // In the long run such a chain is bad, and it is drawn from its long run.
  expect(text.every(Boolean)).toBe(true);
});

test("a burst reaches up to the end of a block of 65 536 messages, and not beyond", () => {
  // So slow that nothing turns within a block: each block is lost or not as a whole.
  const chain = chainOf({ ...BURSTS, p: 1e-9, r: 1e-9 });
  const isLost = (message: number): boolean => chain.decide(unitOf({ message }), 0).fate === "drop";
  const blocks = Array.from({ length: 40 }, (_, block) => block * BURST_BLOCK_MESSAGES);
  const first = blocks.slice(0, 3).map(isLost);
  const last = blocks.slice(0, 3).map((block) => isLost(block + BURST_BLOCK_MESSAGES - 1));
  expect(last).toEqual(first);
  const all = blocks.map(isLost);
  expect(all.some(Boolean) && !all.every(Boolean)).toBe(true);
});

test("burst-loss far along is found without walking there", () => {
  const chain = chainOf({ ...BURSTS, p: 1e-9, r: 1e-9 });
  const { fate } = chain.decide(unitOf({ message: Number.MAX_SAFE_INTEGER, attempt: 4 }), 0);
  expect(["drop", "deliver"]).toContain(fate);
});

test("a retry meets the same burst: retries sent back to back are lost together", () => {
  const chain = chainOf(BURSTS);
  let lostThrice = 0;
  for (let message = 0; message < 20_000; message += 1) {
    const attempts = [1, 2, 3].map((attempt) => chain.decide(unitOf({ message, attempt }), 0));
    if (attempts.every(({ fate }) => fate === "drop")) lostThrice += 1;
  }
  // π·(1-r)² = 0.07, against 0.0029 if attempts were lost each for itself.
  expect(Math.abs(lostThrice / 20_000 - 0.07)).toBeLessThan(0.015);
});

test("the z score of burst-loss is honest: bursts widen it, retries do not bend it", () => {
  const scores: number[] = [];
  for (let sessionHigh = 1; sessionHigh <= 120; sessionHigh += 1) {
    const chain = chainOf(BURSTS);
    for (let message = 0; message < 400; message += 1) {
      for (let attempt = 1; attempt <= 4; attempt += 1) {
        const { fate } = chain.decide(unitOf({ sessionHigh, message, attempt }), 0);
        if (fate === "deliver") break;
      }
    }
    scores.push(zScore(onlyStats(chain))!);
  }
  // 120 scores: mean 0 ± 0.09, mean square 1 ± 0.13. Counting retries by the mean gives z ≈ 5.
  expect(Math.abs(meanOf(scores))).toBeLessThan(0.37);
  expect(Math.abs(meanOf(scores.map((z) => z * z)) - 1)).toBeLessThan(0.52);
});

test("the probability of a burst-loss is a gate before it", () => {
  const chain = chainOf({ ...BURSTS, p: 1, r: 0, probability: 0.25 });
  decideMany(chain, 4000);
  const stats = onlyStats(chain);
  expect(stats.expected).toBeCloseTo(1000, 6);
  expect(stats.variance).toBeCloseTo(750, 6);
  expect(Math.abs(zScore(stats)!)).toBeLessThan(4);
});
