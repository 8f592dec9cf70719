/**
 * Looks for seeds whose run fails.
 *
 * One seed after another, from `base` on, each a simulated run of the same spec. What was found is
 * kept whatever ends the search: all seeds tried, enough failures, or the caller's signal.
 */
import type { Interval } from "../result/types.ts";
import { hashJson } from "../result/canonical.ts";
import { THREADS_MAX } from "../series/threads.ts";
import type { FullSpec } from "../spec/types.ts";
import { wilson } from "../statistics/wilson.ts";
import type { Failure } from "./failure.ts";
import type { CreateParts } from "./trial.ts";
import { trySeeds } from "./trial-pool.ts";

/** How a search is done. */
export interface SearchOptions {
  /** Seeds to try. @default 1000 */
  readonly seeds?: number;
  /** The first seed; the others follow it. @default the spec's */
  readonly base?: number;
  /** Stops after so many failing seeds. @default 1: shrinking needs one */
  readonly failuresMax?: number;
  /** Parts of your own in place of the true ones. */
  readonly createParts?: CreateParts;
  /** URL of the module whose default export is `createParts`: without it they stay on one thread. */
  readonly partsModule?: string;
  /** Threads that try seeds, 1 … 256; the answer does not depend on it. @default 1: this one */
  readonly threads?: number;
  /** Stops the search; what was found is kept. */
  readonly signal?: AbortSignal;
  /** After each seed. */
  readonly onProgress?: (progress: SearchProgress) => void;
}

/** How far a search is. */
export interface SearchProgress {
  readonly done: number;
  readonly total: number;
  readonly failures: number;
}

/** A seed whose run fails. */
export interface FailingSeed {
  readonly seed: number;
  /** The most telling first. */
  readonly failures: readonly Failure[];
  readonly digest: string | null;
}

/** What a search comes to. */
export interface SearchResult {
  readonly schemaVersion: 1;
  readonly specHash: string;
  readonly seeds: { readonly base: number; readonly asked: number; readonly tried: number };
  readonly failing: readonly FailingSeed[];
  /** Each way to fail, by the first failure of a seed, with the seeds that fail so. */
  readonly signatures: readonly { readonly signature: string; readonly seeds: readonly number[] }[];
  /**
   * Share of the tried seeds that fail, with its 95 % interval (Wilson). Only a search that tries all
   * its seeds measures it: one that stops at a failure has seen one more than chance would show.
   */
  readonly rate: { readonly ratio: number | null; readonly interval: Interval | null };
  /** `seeds`: all were tried; `failures`: enough were found; `aborted`: stopped by the caller. */
  readonly ended: "seeds" | "failures" | "aborted";
}

const SEEDS_DEFAULT = 1_000;
const SEEDS_MAX = 1_000_000_000;

/**
 * Tries one seed after another.
 *
 * @throws (rejects) TypeError where the spec is not simulated, RangeError where an option is out of
 *   its bounds.
 */
export async function searchSeeds(
  spec: FullSpec,
  options: SearchOptions = {},
): Promise<SearchResult> {
  const { base, seeds, failuresMax, threads } = checked(spec, options);
  const { createParts, partsModule, signal, onProgress } = options;
  const trying = { base, seeds, threads, createParts, partsModule, signal };
  const failing: FailingSeed[] = [];
  let tried = 0;
  for await (const outcome of trySeeds(spec, trying)) {
    tried += 1;
    if (outcome.failures.length > 0) failing.push(outcome);
    onProgress?.({ done: tried, total: seeds, failures: failing.length });
    if (failing.length >= failuresMax) break;
  }
  return {
    schemaVersion: 1,
    specHash: hashJson(spec),
    seeds: { base, asked: seeds, tried },
    failing,
    signatures: groupBySignature(failing),
    rate: {
      ratio: tried === 0 ? null : failing.length / tried,
      interval: wilson(failing.length, tried),
    },
    ended: failing.length >= failuresMax ? "failures" : tried < seeds ? "aborted" : "seeds",
  };
}

function groupBySignature(failing: readonly FailingSeed[]): SearchResult["signatures"] {
  const groups = new Map<string, number[]>();
  for (const { seed, failures } of failing) {
    const signature = failures[0]?.signature ?? "";
    groups.set(signature, [...(groups.get(signature) ?? []), seed]);
  }
  return [...groups].map(([signature, seeds]) => ({ signature, seeds }));
}

function checked(spec: FullSpec, options: SearchOptions) {
  const { base = spec.seed, seeds = SEEDS_DEFAULT, failuresMax = 1, threads = 1 } = options;
  if (spec.mode !== "simulated") {
    throw new TypeError(
      `Cannot search as "mode" must be simulated: got ${JSON.stringify(spec.mode)}`,
    );
  }
  whole("seeds", seeds, SEEDS_MAX);
  whole("failuresMax", failuresMax, SEEDS_MAX);
  whole("threads", threads, THREADS_MAX);
  if (!Number.isSafeInteger(base) || base < 0 || base > Number.MAX_SAFE_INTEGER - (seeds - 1)) {
    throw new RangeError(
      `Cannot search as "base" must be a whole number from 0, with all seeds below 2^53: got ${base}`,
    );
  }
  return { base, seeds, failuresMax, threads };
}

function whole(name: string, value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return;
  const rule = `a whole number from 1 to ${max}`;
  throw new RangeError(`Cannot search as "${name}" must be ${rule}: got ${value}`);
}
