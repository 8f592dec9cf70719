/**
 * The rules of `seeds`: all different, none beyond the largest integer, not too much work in all.
 */
import type { SpecLimits } from "./limits.ts";
import { type SpecProblem, problem } from "./problem.ts";
import type { SpecParts } from "./rules.ts";
import { SEED_MAX, firstSeed, runsOf } from "./seeds.ts";
import type { SeedRange } from "./types.ts";

const MS_PER_SECOND = 1_000;

/** Everything wrong with the seeds, where there are any. */
export function checkSeeds(parts: SpecParts, limits: SpecLimits): SpecProblem[] {
  const { seed, seeds } = parts;
  if (seeds === null || seeds === undefined) return [];
  const found = isRange(seeds) ? checkRange(seeds) : checkList(seeds);
  const first = firstSeed(seeds);
  if (seed !== undefined && first !== undefined && seed !== first) {
    found.push(problem(["seed"], `left out, or the first of seeds, ${first}`, seed));
  }
  return [...found, ...checkWork(parts, runsOf({ seeds }), limits)];
}

function isRange(seeds: readonly number[] | SeedRange): seeds is SeedRange {
  return !Array.isArray(seeds);
}

/** A range without base has one drawn that fits. */
function checkRange({ base, runs }: Partial<SeedRange> & Pick<SeedRange, "runs">): SpecProblem[] {
  if (base === undefined || base <= SEED_MAX - (runs - 1)) return [];
  const rule = `so few that the last seed, base + runs - 1, is at most ${SEED_MAX}`;
  return [problem(["seeds", "runs"], rule, runs)];
}

function checkList(seeds: readonly number[]): SpecProblem[] {
  const places = new Map<number, number>();
  return seeds.flatMap((seed, index) => {
    const earlier = places.get(seed);
    if (earlier === undefined) places.set(seed, index);
    else return [problem(["seeds", index], `another seed than /seeds/${earlier}`, seed)];
    return [];
  });
}

function checkWork(
  { mode, workload, phases }: SpecParts,
  runs: number,
  limits: SpecLimits,
): SpecProblem[] {
  if (workload === undefined) return [];
  const found: SpecProblem[] = [];
  const { messages, ratePerSecond } = workload;
  if (runs * messages > limits.messagesTotalMax) {
    const rule = `so few that all runs together have at most ${limits.messagesTotalMax} messages, not ${runs * messages}`;
    found.push(problem(["seeds"], rule, runs));
  }
  const sentMs = ratePerSecond === null ? 0 : (messages / ratePerSecond) * MS_PER_SECOND;
  const phasesMs = (phases ?? []).reduce((sum, phase) => sum + (phase?.durationMs ?? 0), 0);
  const allMs = Math.round(runs * Math.max(sentMs, phasesMs));
  // of a single run its own rules speak; a virtual hour takes no hour
  if (mode === "real" && runs > 1 && allMs > limits.wallMsMax) {
    const rule = `so few that all runs together take at most ${limits.wallMsMax} ms, not ${allMs}`;
    found.push(problem(["seeds"], rule, runs));
  }
  return found;
}
