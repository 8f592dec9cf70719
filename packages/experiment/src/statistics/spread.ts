/**
 * How far the runs of a series lie apart: each run one observation, whatever it holds.
 *
 * Replication is the plain way to an honest interval: messages of one run share outages and are
 * not independent, runs of different seeds are. Sums go in the order of the runs, so the bytes
 * do not depend on who finished first.
 */
import type { BetweenRuns, RunRow, Spread } from "../result/series.ts";
import { studentT } from "./student.ts";

const CONFIDENCE = 0.95;

/** Spread of one figure; what a run does not have (null) is left out. */
export function spread(figures: readonly (number | null)[]): Spread {
  const values = figures.filter((value) => value !== null);
  const n = values.length;
  if (n === 0) return { n, mean: null, sd: null, min: null, max: null, interval: null };
  const [first = 0] = values;
  // from the first on, so that equal values have exactly no spread
  const mean = first + sum(values.map((value) => value - first)) / n;
  const bounds = {
    min: values.reduce((least, value) => Math.min(least, value)),
    max: values.reduce((most, value) => Math.max(most, value)),
  };
  if (n === 1) return { n, mean, sd: null, ...bounds, interval: null };
  const sd = Math.sqrt(sum(values.map((value) => (value - mean) * (value - mean))) / (n - 1));
  const half = (studentT(CONFIDENCE, n - 1) * sd) / Math.sqrt(n);
  return { n, mean, sd, ...bounds, interval: [mean - half, mean + half] };
}

/** Spread of the main figures. */
export function betweenRuns(rows: readonly RunRow[]): BetweenRuns {
  const over = (of: (row: RunRow) => number | null): Spread => spread(rows.map(of));
  const ratio = over(({ delivery }) => delivery.ratio);
  return {
    delivery: { ratio, dispersion: dispersion(rows, ratio) },
    latencyMs: {
      mean: over(({ latencyMs }) => latencyMs.mean),
      p50: over(({ latencyMs }) => latencyMs.p50),
      p99: over(({ latencyMs }) => latencyMs.p99),
      max: over(({ latencyMs }) => latencyMs.max),
    },
    counts: {
      attempts: over(({ counts }) => counts.attempts),
      retries: over(({ counts }) => counts.retries),
      timeouts: over(({ counts }) => counts.timeouts),
      failed: over(({ counts }) => counts.failed),
      executions: over(({ counts }) => counts.executions),
    },
    faults: (rows[0]?.faults ?? []).map(({ id }, index) => ({
      id,
      fired: over(({ faults }) => faults[index]?.fired ?? null),
    })),
  };
}

/** Observed variance over p(1-p)/m: every run of a series has the same number m of messages. */
function dispersion(rows: readonly RunRow[], { n, mean, sd }: Spread): number | null {
  const messages = rows[0]?.counts.messages ?? 0;
  if (n < 2 || mean === null || sd === null || mean <= 0 || mean >= 1) return null;
  return (sd * sd * messages) / (mean * (1 - mean));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
