import { expect, test } from "vitest";
import type { DelayFault } from "../../src/index.ts";
import { CORRELATION_BLOCK_MESSAGES } from "../../src/limits.ts";
import {
  chainOf,
  decideMany,
  deeds,
  deviationOf,
  meanOf,
  onlyStats,
  shuffled,
  unitOf,
} from "../helpers.ts";

function delays(other: Partial<DelayFault>, count: number): number[] {
  const chain = chainOf({ id: "late", kind: "delay", delayMs: 100, ...other });
  return decideMany(chain, count).map(({ delayUs }) => delayUs);
}

test("delay makes a message late by delayMs", () => {
  const decision = chainOf({ id: "late", kind: "delay", delayMs: 120 }).decide(unitOf(), 0);
  expect(decision).toMatchObject({ fate: "deliver", delayUs: 120_000, replaced: false });
  expect(deeds(decision)).toEqual(["late: delayed 120000 us"]);
});

test("delay of 0 fires and delays by nothing", () => {
  const chain = chainOf({ id: "late", kind: "delay", delayMs: 0 });
  expect(deeds(chain.decide(unitOf(), 0))).toEqual(["late: delayed 0 us"]);
  expect(onlyStats(chain).fired).toBe(1);
});

test("delay with a jitter is even between its two ends", () => {
  const drawn = delays({ jitterMs: 20 }, 20_000);
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(80_000);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(120_000);
  // A uniform of width 40 ms deviates by 40/√12.
  const deviation = 40_000 / Math.sqrt(12);
  expect(Math.abs(meanOf(drawn) - 100_000)).toBeLessThan((4 * deviation) / Math.sqrt(20_000));
  expect(Math.abs(deviationOf(drawn) / deviation - 1)).toBeLessThan(0.02);
});

test("delay has the mean of its distribution", () => {
  for (const distribution of ["normal", "exponential", "lognormal", "pareto"] as const) {
    const drawn = delays({ jitterMs: 10, distribution }, 20_000);
    expect(Math.abs(meanOf(drawn) - 100_000)).toBeLessThan((4 * 10_000) / Math.sqrt(20_000));
  }
});

test("correlation keeps part of the message before, as netem does", () => {
  const correlation = 0.5;
  const drawn = delays({ jitterMs: 20, correlation }, 20_000);
  const mean = meanOf(drawn);
  const neighbours = drawn.slice(1).map((delay, n) => (delay - mean) * (drawn[n]! - mean));
  const deviation = deviationOf(drawn);
  // v = (1-C)·r + C·v before: neighbours correlate by C, the spread narrows by √((1-C)/(1+C)).
  expect(Math.abs(meanOf(neighbours) / deviation ** 2 - correlation)).toBeLessThan(0.03);
  const narrowed = (40_000 / Math.sqrt(12)) * Math.sqrt((1 - correlation) / (1 + correlation));
  expect(Math.abs(deviation / narrowed - 1)).toBeLessThan(0.03);
});

test("correlated delays are the same in whatever order messages are asked about", () => {
  const spec = { id: "late", kind: "delay", delayMs: 50, jitterMs: 50, correlation: 0.9 } as const;
  const inOrder = decideMany(chainOf(spec), 300).map(({ delayUs }) => delayUs);
  const chain = chainOf(spec);
  for (const message of shuffled([...inOrder.keys()], 3)) {
    expect(chain.decide(unitOf({ message }), 0).delayUs).toBe(inOrder[message]);
  }
});

test("a retry of a correlated delay stands where the next message does", () => {
  const spec = { id: "late", kind: "delay", delayMs: 50, jitterMs: 50, correlation: 0.5 } as const;
  const retry = chainOf(spec).decide(unitOf({ message: 4, attempt: 2 }), 0);
  expect(retry.delayUs).toBe(chainOf(spec).decide(unitOf({ message: 5 }), 0).delayUs);
});

test("a correlation of 1 keeps one delay for a block of 1024 messages, then draws anew", () => {
  const chain = chainOf({ id: "d", kind: "delay", delayMs: 50, jitterMs: 50, correlation: 1 });
  const at = (message: number): number => chain.decide(unitOf({ message }), 0).delayUs;
  expect(at(CORRELATION_BLOCK_MESSAGES - 1)).toBe(at(0));
  expect(at(CORRELATION_BLOCK_MESSAGES)).not.toBe(at(0));
  expect(at(2 * CORRELATION_BLOCK_MESSAGES - 1)).toBe(at(CORRELATION_BLOCK_MESSAGES));
});

test("a correlated delay far along is found without walking there", () => {
  const chain = chainOf({ id: "d", kind: "delay", delayMs: 50, jitterMs: 50, correlation: 0.9 });
  const { delayUs } = chain.decide(unitOf({ message: Number.MAX_SAFE_INTEGER }), 0);
  expect(delayUs).toBeLessThanOrEqual(100_000);
});

test("each direction and session has its own correlated delays", () => {
  const spec = { id: "d", kind: "delay", delayMs: 50, jitterMs: 50, correlation: 0.9 } as const;
  const chain = chainOf({ ...spec, direction: "both" });
  const series = [{}, { direction: "request" }, { sessionHigh: 1 }] as const;
  const [a, b, c] = series.map((other) =>
    decideMany(chain, 20, other).map(({ delayUs }) => delayUs),
  );
  expect(a).not.toEqual(b);
  expect(a).not.toEqual(c);
});
