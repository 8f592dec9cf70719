/**
 * What a benchmark is: two ways of doing the same thing, measured in turn (A B A B …).
 *
 * The figure that matters is the ratio: absolute rates belong to the machine, ratios to the code.
 */

/** One measured way: takes the time it needs and returns a figure in the case's unit. */
export type Measure = () => Promise<number>;

/** A benchmark with its sides set up; `close` gives back sockets and threads. */
export interface Prepared {
  readonly subject: Measure;
  readonly baseline: { readonly name: string; readonly measure: Measure } | undefined;
  close(): Promise<void>;
}

/** A named benchmark. */
export interface BenchCase {
  readonly name: string;
  readonly unit: string;
  /** Runs per side; the median counts. */
  readonly runs: number;
  /** No unmeasured round before the others: each measurement warms up by itself. @default false */
  readonly cold?: boolean;
  /** The least ratio (or value, or the most bytes) that the project promises, for the reader. */
  readonly promise: string;
  prepare(): Promise<Prepared>;
}

/** One line of the result, as `bench --json` prints it. */
export interface BenchResult {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly baseline: { readonly name: string; readonly value: number } | null;
  readonly ratio: number | null;
  readonly runs: number;
  readonly spread: readonly [number, number];
  readonly promise: string;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Measures both sides in turn, after one unmeasured round each unless the case is `cold`. */
export async function runCase(
  bench: BenchCase,
  progress: (line: string) => void,
): Promise<BenchResult> {
  const prepared = await bench.prepare();
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    for (let run = bench.cold === true ? 0 : -1; run < bench.runs; run += 1) {
      progress(`${bench.name} ${run < 0 ? "warm-up" : `run ${run + 1} of ${bench.runs}`}`);
      const value = await prepared.subject();
      const base = await prepared.baseline?.measure();
      if (run < 0) continue;
      ours.push(value);
      if (base !== undefined) theirs.push(base);
    }
  } finally {
    await prepared.close();
  }
  const value = median(ours);
  const base =
    prepared.baseline === undefined
      ? null
      : { name: prepared.baseline.name, value: median(theirs) };
  return {
    name: bench.name,
    unit: bench.unit,
    value,
    baseline: base,
    ratio: base === null ? null : value / base.value,
    runs: bench.runs,
    spread: [Math.min(...ours), Math.max(...ours)],
    promise: bench.promise,
  };
}

/** Operations a second of `operation`, asked again and again for about `durationMs`. */
export async function ratePerSecond(
  durationMs: number,
  operation: (count: number) => Promise<void> | void,
): Promise<number> {
  let count = 64;
  for (;;) {
    const startedMs = performance.now();
    await operation(count);
    const tookMs = performance.now() - startedMs;
    if (tookMs >= durationMs) return (count * 1000) / tookMs;
    count = Math.ceil(count * Math.min(8, Math.max(1.2, (durationMs * 1.1) / Math.max(tookMs, 1))));
  }
}
