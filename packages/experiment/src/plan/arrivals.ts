/**
 * When each message is planned, where a rate says so: evenly, or as a Poisson process.
 *
 * Gaps of a Poisson process are exponential. One draw picks one of 4096 equally likely cells of that
 * distribution, of which the mean stands for all (faults' tables); the last cell is open above, and
 * what lies beyond its lower end is exponential again, so the tail is drawn anew and has no end. All
 * of it integers and products: the same times in every engine.
 */
import { delayLaw } from "@faultline/faults";
import type { FullSpec } from "../spec/types.ts";
import { plannedUs } from "./schedule.ts";
import { arrivalDraw } from "./streams.ts";

/** Planned start in µs since the run began; null: as soon as the client is free. */
export type Planned = (client: number, message: number) => number | null;

const US_PER_SECOND = 1_000_000;
const CELL_BITS = 12;
const LAST_CELL = 2 ** CELL_BITS - 1;
/** Mean of the table that gaps are looked up in: large, so that its integers are fine. */
const SCALE_MS = 3_000_000;
const SCALE_US = SCALE_MS * 1_000;
/** ln 4096: the lower end of the last cell, in means. */
const LAST_CELL_FROM = 8.317_766_166_719_343;

/** The plan of a run. Messages are best asked for in the order of the run: then each costs one draw. */
export function planArrivals(spec: Pick<FullSpec, "seed" | "workload">): Planned {
  const { seed, workload } = spec;
  const { arrivals, ratePerSecond, clients } = workload;
  if (ratePerSecond === null || arrivals === "uniform") {
    return (client, message) => plannedUs(workload, client, message);
  }
  const meanUs = US_PER_SECOND / ratePerSecond;
  const cells = cellsOfMeanOne();
  let at = -1;
  let sum = 0;
  return (client, message) => {
    const index = message * clients + client;
    if (index < at) [at, sum] = [-1, 0];
    for (; at < index; at += 1) sum += gap(cells, seed, at + 1);
    return Math.round(sum * meanUs);
  };
}

/** One gap in means. */
function gap(cells: Float64Array, seed: number, index: number): number {
  let beyond = 0;
  for (let n = 0; ; n += 1) {
    const cell = arrivalDraw(seed, index, n) >>> (32 - CELL_BITS);
    if (cell !== LAST_CELL) return beyond + cells[cell]! / SCALE_US;
    beyond += LAST_CELL_FROM;
  }
}

function cellsOfMeanOne(): Float64Array {
  const law = delayLaw({
    id: "gap",
    kind: "delay",
    distribution: "exponential",
    delayMs: SCALE_MS,
  });
  if (law.kind !== "cells") throw new Error("Bug: the exponential distribution has no cells");
  return law.us;
}
