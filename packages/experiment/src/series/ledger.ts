/**
 * The book of a series: runs come in as they finish and are entered by index.
 *
 *   finished, failed ─► waiting ─► (all before it are over) ─► pooled, row, onRun
 *
 * What is entered early waits, at most AHEAD_MAX runs of it: the series starts no run further
 * ahead of the oldest one that is still under way.
 */
import type { Measured } from "../result/assemble.ts";
import type { SeriesParts } from "../result/assemble.ts";
import { sha256Hex } from "../result/canonical.ts";
import type { RunRow } from "../result/series.ts";
import { runsOf, seedOf } from "../spec/seeds.ts";
import type { FullSpec } from "../spec/types.ts";
import type { Replicate } from "../verdict/across-runs.ts";
import type { FinishedRun } from "./finished.ts";
import { Pooled } from "./pooled.ts";

/** Runs that may be over while an earlier one is not: some ten kilobytes each. */
export const AHEAD_MAX = 256;
/** Reasons that name single runs; the others are counted. */
const NAMED_MAX = 10;

/** How a run of a series ended. */
export type RunEnd = FinishedRun | { readonly index: number; readonly failed: string };

/** See the top of the file. */
export class Ledger {
  readonly #spec: FullSpec;
  readonly #onRun: (row: RunRow, index: number) => void;
  readonly #waiting = new Map<number, RunEnd>();
  readonly #pooled: Pooled;
  readonly #rows: RunRow[] = [];
  readonly #replicates: (readonly Replicate[])[] = [];
  readonly #broken: string[] = [];
  #head = 0;
  #failed = 0;
  #finished = 0;
  #simulatedMs: number | null = null;

  constructor(spec: FullSpec, onRun: (row: RunRow, index: number) => void) {
    this.#spec = spec;
    this.#onRun = onRun;
    this.#pooled = new Pooled(spec);
  }

  /** The lowest index that is not over. */
  get head(): number {
    return this.#head;
  }

  /** Runs that failed so far. */
  get failed(): number {
    return this.#failed;
  }

  /** Runs that came to their end so far. */
  get finished(): number {
    return this.#finished;
  }

  /** Whether every run is over. */
  get isFull(): boolean {
    return this.#head >= runsOf(this.#spec);
  }

  /** Virtual time of all runs entered; null in real runs. */
  get simulatedMs(): number | null {
    return this.#simulatedMs;
  }

  /** A run is over. */
  end(run: RunEnd): void {
    if ("failed" in run) this.#failed += 1;
    else this.#finished += 1;
    this.#waiting.set(run.index, run);
    for (let next = this.#take(this.#head); next !== undefined; next = this.#take(this.#head)) {
      this.#head += 1;
      this.#enter(next);
    }
  }

  /** Nothing more will come: what waits behind a run that was stopped is entered too. */
  close(): void {
    const left = [...this.#waiting.values()].toSorted((a, b) => a.index - b.index);
    this.#waiting.clear();
    for (const run of left) this.#enter(run);
  }

  /** What the entered runs come to. */
  measured(interrupted: readonly string[]): Measured {
    const digests = this.#rows.map(({ digest }) => digest);
    const whole = digests.length > 0 && !digests.includes(null);
    return {
      ...this.#pooled.measured(),
      interrupted,
      broken: named(this.#broken),
      // of one run only, never of a series
      wire: null,
      digest: whole ? `sha256:${sha256Hex(digests.join("\n"))}` : null,
    };
  }

  /** The entered runs, one by one. */
  parts(): SeriesParts {
    return { rows: this.#rows, replicates: this.#replicates };
  }

  #take(index: number): RunEnd | undefined {
    const run = this.#waiting.get(index);
    this.#waiting.delete(index);
    return run;
  }

  #enter(run: RunEnd): void {
    const who = `run ${run.index} (seed ${seedOf(this.#spec, run.index)})`;
    if ("failed" in run) {
      this.#broken.push(`${who} failed: ${run.failed}`);
      return;
    }
    const { row, measured, replicates, simulatedMs } = run;
    this.#broken.push(...measured.broken.map((what) => `${who}: ${what}`));
    this.#pooled.add(measured);
    this.#rows.push(row);
    this.#replicates.push(replicates);
    if (simulatedMs !== null) this.#simulatedMs = (this.#simulatedMs ?? 0) + simulatedMs;
    this.#onRun(row, run.index);
  }
}

/** The first of them, and how many more there are. */
function named(reasons: readonly string[]): string[] {
  const more = reasons.length - NAMED_MAX;
  const shown = reasons.slice(0, NAMED_MAX);
  return more > 0 ? [...shown, `and ${more} more of this kind`] : shown;
}
