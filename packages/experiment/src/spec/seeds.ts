/**
 * The seeds of a spec: how the field is completed, how many runs it means, which seed each has.
 *
 * A run of a series is the experiment a spec without `seeds` describes, so that anybody can
 * repeat one of many alone and get the very same result.
 */
import type { FullSpec, SeedRange } from "./types.ts";

/** Largest seed: the largest integer that every JSON reader keeps exactly. */
export const SEED_MAX: number = Number.MAX_SAFE_INTEGER;

type Seeded = Pick<FullSpec, "seed" | "seeds">;

/** Seeds as they may be written: a range without its base begins at `seed`. */
export type SeedsInput = readonly number[] | (Partial<SeedRange> & Pick<SeedRange, "runs">);

/** Completes a range that has no base; where there is no seed either, it stays as it is. */
export function rangeFrom(seeds: SeedsInput, seed: number | undefined): SeedsInput {
  if (isList(seeds) || seeds.base !== undefined || seed === undefined) return seeds;
  return { base: seed, runs: seeds.runs };
}

/** A seed nobody chose, lowered where a range of so many runs would not fit above it. */
export function drawFirst(seeds: SeedsInput | null | undefined, draw: () => number): number {
  const runs = seeds === null || seeds === undefined || isList(seeds) ? 1 : seeds.runs;
  return Math.min(draw(), SEED_MAX - (runs - 1));
}

/** The first seed, where it is known. */
export function firstSeed(seeds: SeedsInput | null | undefined): number | undefined {
  if (seeds === null || seeds === undefined) return undefined;
  return isList(seeds) ? seeds[0] : seeds.base;
}

/** Whether seeds, sound or not, say themselves where they begin. */
export function hasFirst(seeds: unknown): boolean {
  if (typeof seeds !== "object" || seeds === null) return false;
  return Array.isArray(seeds) || Object.hasOwn(seeds, "base");
}

/** How many runs a spec asks for: one without `seeds`. */
export function runsOf({ seeds }: Pick<FullSpec, "seeds">): number {
  if (seeds === null) return 1;
  return isList(seeds) ? seeds.length : seeds.runs;
}

/** The seed of a run, by its index from 0. */
export function seedOf({ seed, seeds }: Seeded, index: number): number {
  if (seeds === null) return seed;
  return isList(seeds) ? (seeds[index] ?? seed) : seeds.base + index;
}

/** Messages of all runs together. */
export function messagesInAll(spec: Pick<FullSpec, "seeds" | "workload">): number {
  return runsOf(spec) * spec.workload.messages;
}

/** The spec of one run alone. */
export function specOfRun(spec: FullSpec, index: number): FullSpec {
  return { ...spec, seed: seedOf(spec, index), seeds: null };
}

function isList(seeds: SeedsInput): seeds is readonly number[] {
  return Array.isArray(seeds);
}
