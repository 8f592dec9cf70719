/** Distributions: what delayMs and jitterMs mean, and that the committed tables say so too. */
import { expect, test } from "vitest";
import { makeTables } from "../scripts/make-tables.ts";
import { distributionOf, sampler } from "../src/distribution.ts";
import type { DelayDistribution, DelayFault } from "../src/index.ts";
import { hashText, keyedUint32 } from "../src/index.ts";
import { EXPONENTIAL } from "../src/table/exponential.ts";
import { LOGNORMAL } from "../src/table/lognormal.ts";
import { NORMAL } from "../src/table/normal.ts";
import { packTable, TABLE_SCALE, TABLE_SIZE, unpackTable } from "../src/table/pack.ts";
import { PARETO } from "../src/table/pareto.ts";
import { PARETONORMAL } from "../src/table/paretonormal.ts";
import { deviationOf, meanOf } from "./helpers.ts";

const COMMITTED: Record<string, string> = {
  normal: NORMAL,
  exponential: EXPONENTIAL,
  pareto: PARETO,
  paretonormal: PARETONORMAL,
  lognormal: LOGNORMAL,
};
const TABLED = Object.keys(COMMITTED) as DelayDistribution[];

function delayFault(other: Partial<DelayFault>): DelayFault {
  return { id: "d", kind: "delay", delayMs: 100, ...other };
}

/** Delays in µs of evenly spread draws: every cell of a table is met equally often. */
function sweep(spec: DelayFault, count: number = TABLE_SIZE): number[] {
  const delayUs = sampler(spec);
  return Array.from({ length: count }, (_, n) =>
    delayUs(Math.floor(((n + 0.5) / count) * 2 ** 32)),
  );
}

test("the committed tables are what the generator script makes", () => {
  for (const [name, values] of Object.entries(makeTables())) {
    const committed = unpackTable(COMMITTED[name]!);
    expect(committed.length).toBe(TABLE_SIZE);
    // Engines may differ in the last bit of Math.log: one step of 1/4096 deviation is let pass.
    const far = values.filter((value, cell) => Math.abs(value - committed[cell]!) > 1);
    expect(far).toEqual([]);
  }
});

test("every table has mean 0, deviation 1 and never falls", () => {
  for (const [, text] of Object.entries(COMMITTED)) {
    const table = [...unpackTable(text)];
    expect(Math.abs(meanOf(table) / TABLE_SCALE)).toBeLessThan(0.001);
    expect(deviationOf(table) / TABLE_SCALE).toBeCloseTo(1, 3);
    expect(table.every((value, cell) => cell === 0 || value >= table[cell - 1]!)).toBe(true);
  }
});

test("the tables have the shape their names say, by their quantiles", () => {
  const quantile = (name: string, u: number): number =>
    unpackTable(COMMITTED[name]!)[Math.floor(u * TABLE_SIZE)]! / TABLE_SCALE;
  // Closed forms, standardised by hand; the tail a table cannot hold costs pareto some deviation.
  expect(quantile("normal", 0.975)).toBeCloseTo(1.96, 2);
  expect(quantile("exponential", 0.5)).toBeCloseTo(Math.LN2 - 1, 2);
  expect(quantile("exponential", 0.99)).toBeCloseTo(Math.log(100) - 1, 1);
  expect(quantile("pareto", 0.5)).toBeCloseTo((2 ** (1 / 3) - 1.5) / Math.sqrt(0.75), 1);
  expect(quantile("lognormal", 0.5)).toBeCloseTo((1 - Math.exp(0.5)) / 2.1612, 1);
  expect(quantile("paretonormal", 0.5)).toBeLessThan(0);
});

test("a table survives being packed into text, breaks and all", () => {
  const values = [-131_072, -1, 0, 1, 4096, 131_071, ...Array.from({ length: 60 }, (_, n) => n)];
  const text = packTable(values);
  expect(text).toContain("\n");
  expect([...unpackTable(text)]).toEqual(values);
  expect([...unpackTable(`\n${text}\n`)]).toEqual(values);
});

test("where no distribution is named, a jitter means uniform and none means constant", () => {
  expect(distributionOf(delayFault({}))).toBe("constant");
  expect(distributionOf(delayFault({ jitterMs: 0 }))).toBe("constant");
  expect(distributionOf(delayFault({ jitterMs: 1 }))).toBe("uniform");
  expect(distributionOf(delayFault({ distribution: "pareto" }))).toBe("pareto");
});

test("constant is delayMs, to the microsecond", () => {
  expect(new Set(sweep(delayFault({ delayMs: 1.5 })))).toEqual(new Set([1500]));
});

test("uniform reaches from delayMs - jitterMs to delayMs + jitterMs, both ends included", () => {
  const delays = sweep(delayFault({ delayMs: 2, jitterMs: 0.5 }), 1 << 16);
  expect(Math.min(...delays)).toBe(1500);
  expect(Math.max(...delays)).toBe(2500);
  expect(meanOf(delays)).toBeCloseTo(2000, 0);
  expect(new Set(delays).size).toBe(1001);
});

test("every other distribution has mean delayMs and deviation jitterMs", () => {
  for (const distribution of TABLED) {
    const delays = sweep(delayFault({ delayMs: 1000, jitterMs: 50, distribution }));
    expect(Math.abs(meanOf(delays) - 1_000_000)).toBeLessThan(50);
    expect(Math.abs(deviationOf(delays) - 50_000)).toBeLessThan(50);
  }
});

test("exponential without a jitter is the plain one: mean and deviation delayMs", () => {
  const delays = sweep(delayFault({ distribution: "exponential" }));
  expect(meanOf(delays)).toBeCloseTo(100_000, -2);
  expect(deviationOf(delays)).toBeCloseTo(100_000, -3);
  expect(Math.min(...delays)).toBeLessThan(100);
});

test("a distribution without its jitter is constant", () => {
  expect(new Set(sweep(delayFault({ distribution: "normal" })))).toEqual(new Set([100_000]));
});

test("a negative delay counts as none", () => {
  for (const distribution of [undefined, "uniform", "normal", "pareto"] as const) {
    const spec = delayFault({ delayMs: 1, jitterMs: 50 });
    const delays = sweep(distribution === undefined ? spec : { ...spec, distribution });
    expect(Math.min(...delays)).toBe(0);
    expect(delays.filter((delay) => delay === 0).length).toBeGreaterThan(1000);
  }
});

test("keyed draws reach the means that the tables promise", () => {
  for (const distribution of TABLED) {
    const delayUs = sampler(delayFault({ delayMs: 1000, jitterMs: 100, distribution }));
    const stream = hashText(distribution);
    const delays = Array.from({ length: 20_000 }, (_, n) => delayUs(keyedUint32(9, stream, n)));
    const z = (meanOf(delays) - 1_000_000) / (100_000 / Math.sqrt(delays.length));
    expect(Math.abs(z)).toBeLessThan(4);
  }
});
