/**
 * Two specs on the same seeds: what changes from A to B, and how sure that is.
 *
 * Draws are keyed, so a message of a seed meets the same faults in both (common random numbers), and
 * luck that both share cancels out in the difference of each pair. Every difference is B less A.
 * Over seeds it is judged by Student's t on the pairs; delivery also message by message, by McNemar
 * and Newcombe for paired proportions, which says more from few seeds but takes messages of one run
 * for independent, and in an outage they are not.
 */
import { hashJson } from "../result/canonical.ts";
import type { Interval, Result } from "../result/types.ts";
import { runExperiment } from "../run/run.ts";
import type { FullSpec } from "../spec/types.ts";
import { pairedMean } from "../statistics/mean.ts";
import { mcnemar, pairedDifference, type Pairs } from "../statistics/paired.ts";

/** The figures that are compared, by name. */
export const COMPARED = [
  "delivery.ratio",
  "attemptsPerMessage",
  "latencyMs.mean",
  "latencyMs.p50",
  "latencyMs.p99",
] as const;

/** The name of a figure. */
export type ComparedFigure = (typeof COMPARED)[number];

/** The figures of one run; null where it has none. */
export type Figures = Readonly<Record<ComparedFigure, number | null>>;

/**
 * `better`, `worse`: the whole interval lies on that side; `undecided`: zero lies in it; `same`: no
 * pair differs at all; `unknown`: fewer than two pairs have the figure.
 */
export type Change = "better" | "worse" | "undecided" | "same" | "unknown";

/** One figure, compared over the seeds. */
export interface FigureDifference {
  readonly figure: ComparedFigure;
  /** Pairs that have it. */
  readonly n: number;
  readonly a: number | null;
  readonly b: number | null;
  /** Mean of B less A, pair by pair. */
  readonly difference: number | null;
  readonly interval: Interval | null;
  readonly change: Change;
}

/** Two specs, compared. */
export interface Comparison {
  readonly schemaVersion: 1;
  readonly specHashes: { readonly a: string; readonly b: string };
  readonly seeds: { readonly base: number; readonly asked: number; readonly tried: number };
  readonly confidence: number;
  readonly differences: readonly FigureDifference[];
  /** Delivery of the same message in both; null where the two do not send the same messages. */
  readonly messages:
    | (Pairs & {
        readonly difference: number | null;
        readonly interval: Interval | null;
        /** McNemar's mid-p for "no difference". */
        readonly p: number;
      })
    | null;
  readonly runs: readonly { readonly seed: number; readonly a: Figures; readonly b: Figures }[];
  readonly ended: "seeds" | "aborted";
}

/** How a comparison is done. */
export interface CompareOptions {
  /** Seeds, each a pair of runs. @default 30: from there on the mean of pairs is near enough normal */
  readonly seeds?: number;
  /** The first seed. @default A's */
  readonly base?: number;
  /** Of every interval. @default 0.95 */
  readonly confidence?: number;
  /** Stops; finished pairs are kept. */
  readonly signal?: AbortSignal;
  /** After each pair. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

const SEEDS_DEFAULT = 30;
const SEEDS_MAX = 1_000_000;
const CONFIDENCE_DEFAULT = 0.95;

/**
 * Runs both specs on the same seeds.
 *
 * @throws (rejects) RangeError where an option is out of its bounds, RunError as `runExperiment`.
 */
export async function compareSpecs(
  a: FullSpec,
  b: FullSpec,
  options: CompareOptions = {},
): Promise<Comparison> {
  const { seeds, base, confidence } = checked(a, options);
  const runs: Comparison["runs"][number][] = [];
  const pairs = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  const alike = sendsTheSame(a, b);
  while (runs.length < seeds) {
    const seed = base + runs.length;
    const first = await runOne(a, seed, options.signal);
    const second = await runOne(b, seed, options.signal);
    // A pair that was cut short is no pair.
    if (options.signal?.aborted === true) break;
    runs.push({ seed, a: figuresOf(first.result), b: figuresOf(second.result) });
    if (alike) count(pairs, first.delivered, second.delivered);
    options.onProgress?.({ done: runs.length, total: seeds });
  }
  return {
    schemaVersion: 1,
    specHashes: { a: hashJson(a), b: hashJson(b) },
    seeds: { base, asked: seeds, tried: runs.length },
    confidence,
    differences: COMPARED.map((figure) => differenceOf(figure, runs, confidence)),
    messages: alike && runs.length > 0 ? judgeMessages(pairs, confidence) : null,
    runs,
    ended: runs.length < seeds ? "aborted" : "seeds",
  };
}

interface OneRun {
  readonly result: Result;
  /** Of every message, by client and number. */
  readonly delivered: ReadonlyMap<string, boolean>;
}

async function runOne(
  spec: FullSpec,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<OneRun> {
  const delivered = new Map<string, boolean>();
  const { result } = await runExperiment(
    { ...spec, seed, seeds: null },
    {
      onExchange: ({ client, message, outcome }) =>
        delivered.set(`${client}/${message}`, outcome === "delivered"),
      ...(signal === undefined ? {} : { signal }),
    },
  );
  return { result, delivered };
}

function figuresOf({ counts, delivery, latencyMs }: Result): Figures {
  return {
    "delivery.ratio": delivery.ratio,
    attemptsPerMessage: counts.messages === 0 ? null : counts.attempts / counts.messages,
    "latencyMs.mean": latencyMs.mean,
    "latencyMs.p50": latencyMs.p50,
    "latencyMs.p99": latencyMs.p99,
  };
}

function differenceOf(
  figure: ComparedFigure,
  runs: Comparison["runs"],
  confidence: number,
): FigureDifference {
  const a: number[] = [];
  const b: number[] = [];
  for (const run of runs) {
    const [first, second] = [run.a[figure], run.b[figure]];
    if (first === null || second === null) continue;
    a.push(first);
    b.push(second);
  }
  const paired = pairedMean(b, a, confidence);
  return {
    figure,
    n: a.length,
    a: meanOf(a),
    b: meanOf(b),
    difference: paired?.mean ?? null,
    interval: paired?.interval ?? null,
    change: changeOf(figure, paired?.interval ?? null, a, b),
  };
}

/** More is better only of delivery. */
function changeOf(
  figure: ComparedFigure,
  interval: readonly [number, number] | null,
  a: readonly number[],
  b: readonly number[],
): Change {
  if (interval === null) return "unknown";
  if (a.every((value, index) => value === b[index])) return "same";
  const [lower, upper] = interval;
  if (lower <= 0 && upper >= 0) return "undecided";
  return lower > 0 === (figure === "delivery.ratio") ? "better" : "worse";
}

function meanOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Whether message for message the two send the same. */
function sendsTheSame(a: FullSpec, b: FullSpec): boolean {
  const { clients, messages } = a.workload;
  return clients === b.workload.clients && messages === b.workload.messages;
}

function count(
  pairs: { -readonly [Name in keyof Pairs]: number },
  a: OneRun["delivered"],
  b: OneRun["delivered"],
): void {
  for (const [key, first] of a) {
    const second = b.get(key);
    if (second === undefined) continue;
    if (first) pairs[second ? "both" : "onlyFirst"] += 1;
    else pairs[second ? "onlySecond" : "neither"] += 1;
  }
}

/** First is A; the difference is turned round, to B less A. */
function judgeMessages(pairs: Pairs, confidence: number): NonNullable<Comparison["messages"]> {
  const { both, onlyFirst, onlySecond, neither } = pairs;
  const n = both + onlyFirst + onlySecond + neither;
  const turned = { both, onlyFirst: onlySecond, onlySecond: onlyFirst, neither };
  return {
    ...pairs,
    difference: n === 0 ? null : (onlySecond - onlyFirst) / n,
    interval: pairedDifference(turned, confidence),
    p: mcnemar(pairs).midP,
  };
}

function checked(a: FullSpec, options: CompareOptions) {
  const { seeds = SEEDS_DEFAULT, base = a.seed, confidence = CONFIDENCE_DEFAULT } = options;
  const refuse = (name: string, rule: string, got: number): never => {
    throw new RangeError(`Cannot compare as "${name}" must be ${rule}: got ${got}`);
  };
  if (!Number.isSafeInteger(seeds) || seeds < 1 || seeds > SEEDS_MAX) {
    refuse("seeds", `a whole number from 1 to ${SEEDS_MAX}`, seeds);
  }
  if (!Number.isSafeInteger(base) || base < 0 || base > Number.MAX_SAFE_INTEGER - (seeds - 1)) {
    refuse("base", "a whole number from 0, with all seeds below 2^53", base);
  }
  if (!(confidence >= 0.5 && confidence <= 0.9999)) {
    refuse("confidence", "a number from 0.5 to 0.9999", confidence);
  }
  return { seeds, base, confidence };
}
