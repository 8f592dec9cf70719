/**
 * Delays from draws: 32 random bits in, microseconds out, by integers and tables.
 *
 *   constant      delayMs
 *   uniform       evenly from delayMs - jitterMs to delayMs + jitterMs
 *   normal, pareto, paretonormal, lognormal
 *                 delayMs + jitterMs · z, with z from a table of mean 0 and deviation 1: so
 *                 delayMs is the mean and jitterMs the standard deviation
 *   exponential   the same; with jitterMs 0 the plain one: mean and deviation delayMs
 *
 * A negative result counts as none, which lifts the mean where jitterMs is large. The shapes:
 * pareto has exponent 3; paretonormal is 3/4 of it and 1/4 normal, draw for draw, as in netem;
 * lognormal has sigma 1. `Math.log` and its kin may differ between engines, so none is used here:
 * scripts/make-tables.ts has cut each distribution into 4096 equally likely cells and kept the
 * mean of each.
 */
import { DRAW_RANGE } from "./draws.ts";
import { US_PER_MS } from "./limits.ts";
import type { DelayDistribution, DelayFault } from "./spec.ts";
import { EXPONENTIAL } from "./table/exponential.ts";
import { LOGNORMAL } from "./table/lognormal.ts";
import { NORMAL } from "./table/normal.ts";
import { unpackTable, TABLE_BITS, TABLE_SCALE } from "./table/pack.ts";
import { PARETO } from "./table/pareto.ts";
import { PARETONORMAL } from "./table/paretonormal.ts";

type Tabled = Exclude<DelayDistribution, "constant" | "uniform">;

const PACKED: Readonly<Record<Tabled, string>> = {
  normal: NORMAL,
  exponential: EXPONENTIAL,
  pareto: PARETO,
  paretonormal: PARETONORMAL,
  lognormal: LOGNORMAL,
};

/** The distribution that a delay fault means. */
export function distributionOf(spec: DelayFault): DelayDistribution {
  return spec.distribution ?? ((spec.jitterMs ?? 0) === 0 ? "constant" : "uniform");
}

/** Where the delays of a fault lie, in whole microseconds: what a closed form starts from. */
export type DelayLaw =
  | { readonly kind: "constant"; readonly us: number }
  /** Every whole microsecond from the lowest to the highest alike; what is below 0 counts as 0. */
  | { readonly kind: "uniform"; readonly lowestUs: number; readonly highestUs: number }
  /** Each of these alike, in the order of the draw. */
  | { readonly kind: "cells"; readonly us: Float64Array };

/** The delays of a fault and how likely each is; without regard to `correlation`. */
export function delayLaw(spec: DelayFault): DelayLaw {
  const meanUs = Math.round(spec.delayMs * US_PER_MS);
  const jitterUs = Math.round((spec.jitterMs ?? 0) * US_PER_MS);
  const distribution = distributionOf(spec);
  if (distribution === "constant") return { kind: "constant", us: meanUs };
  if (distribution === "uniform") {
    return { kind: "uniform", lowestUs: meanUs - jitterUs, highestUs: meanUs + jitterUs };
  }
  const deviationUs = distribution === "exponential" && jitterUs === 0 ? meanUs : jitterUs;
  const us = Float64Array.from(unpackTable(PACKED[distribution]), (z) =>
    Math.max(0, meanUs + Math.round((z * deviationUs) / TABLE_SCALE)),
  );
  return { kind: "cells", us };
}

/** @returns a function from a 32-bit draw to a delay in whole microseconds, never negative */
export function sampler(spec: DelayFault): (draw: number) => number {
  const law = delayLaw(spec);
  switch (law.kind) {
    case "constant":
      return () => law.us;
    case "uniform": {
      const { lowestUs, highestUs } = law;
      const width = highestUs - lowestUs + 1;
      return (draw) => Math.max(0, lowestUs + Math.floor((draw * width) / DRAW_RANGE));
    }
    case "cells":
      return (draw) => law.us[draw >>> (32 - TABLE_BITS)]!;
    default:
      return law satisfies never;
  }
}
