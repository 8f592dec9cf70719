/**
 * Makes the distribution tables in src/table: run it by hand, commit what it writes.
 *
 *   node packages/faults/scripts/make-tables.ts
 *
 * Each distribution is cut into 4096 equally likely cells; a table keeps the mean of every cell,
 * shifted and scaled to mean 0 and deviation 1. Cell means, not midpoints: a midpoint would lose
 * much of a heavy tail. This may use `Math.log` and its kin, since engines differ in the last bit
 * at most and a table keeps 12 bits after the point.
 */
import { writeFileSync } from "node:fs";
import { packTable, TABLE_SCALE, TABLE_SIZE } from "../src/table/pack.ts";

const PARETO_EXPONENT = 3;
const LOGNORMAL_SIGMA = 1;

/** The partial mean of a distribution: the integral of its quantile function from 0 to u. */
type PartialMean = (u: number) => number;

/** Every table as integers, by name. */
export function makeTables(): Record<string, number[]> {
  const normal = standardised(cellMeans((u) => -density(normalQuantile(u))));
  const pareto = standardised(cellMeans(paretoPartialMean));
  return {
    normal: toIntegers(normal),
    exponential: toIntegers(standardised(cellMeans((u) => u + xLogX(1 - u)))),
    pareto: toIntegers(pareto),
    paretonormal: toIntegers(
      standardised(pareto.map((value, index) => 0.75 * value + 0.25 * normal[index]!)),
    ),
    lognormal: toIntegers(standardised(cellMeans(lognormalPartialMean))),
  };
}

function cellMeans(partialMean: PartialMean): number[] {
  return Array.from({ length: TABLE_SIZE }, (_, cell) => {
    const lower = partialMean(cell / TABLE_SIZE);
    return (partialMean((cell + 1) / TABLE_SIZE) - lower) * TABLE_SIZE;
  });
}

function standardised(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance));
}

function toIntegers(values: readonly number[]): number[] {
  return values.map((value) => Math.round(value * TABLE_SCALE));
}

/** Pareto of scale 1: quantile (1-u)^(-1/a). */
function paretoPartialMean(u: number): number {
  const exponent = 1 - 1 / PARETO_EXPONENT;
  return (1 - (1 - u) ** exponent) / exponent;
}

/** exp(sigma·z): its partial mean is that of a normal shifted by sigma. */
function lognormalPartialMean(u: number): number {
  const z = normalQuantile(u);
  return Math.exp(LOGNORMAL_SIGMA ** 2 / 2) * normalShare(z - LOGNORMAL_SIGMA);
}

function xLogX(x: number): number {
  return x === 0 ? 0 : x * Math.log(x);
}

function density(z: number): number {
  return Number.isFinite(z) ? Math.exp(-z * z * 0.5) / Math.sqrt(2 * Math.PI) : 0;
}

/** The normal distribution function, by its Taylor series around 0: exact enough within ±9. */
function normalShare(z: number): number {
  if (z < -9) return 0;
  if (z > 9) return 1;
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-18; n += 1) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + sum * density(z);
}

/** By bisection: slow and sure. */
function normalQuantile(u: number): number {
  if (u <= 0) return Number.NEGATIVE_INFINITY;
  if (u >= 1) return Number.POSITIVE_INFINITY;
  let low = -9;
  let high = 9;
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < u) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function sourceOf(name: string, values: readonly number[]): string {
  const constant = name.toUpperCase();
  return `/** The ${name} distribution; made by scripts/make-tables.ts, unpacked by pack.ts. */
export const ${constant}: string = \`
${packTable(values)}
\`;
`;
}

if (import.meta.main) {
  for (const [name, values] of Object.entries(makeTables())) {
    const file = new URL(`../src/table/${name}.ts`, import.meta.url);
    writeFileSync(file, sourceOf(name, values));
  }
}
