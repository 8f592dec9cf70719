/**
 * The runs of a series as a person reads them: how many came to what, how far they lie apart, and
 * a table of those worth a look.
 *
 * The table is short: what did not pass comes first into it, the rest is counted.
 */
import type { BetweenRuns, FullSpec, Result, RunRow, Spread } from "@faultline/experiment";

import { count, figure, percent, plural } from "./numbers.ts";
import type { Style } from "./style.ts";
import { drawTable } from "./table.ts";
import { verdictPaint } from "./verdict.ts";

type Verdict = Result["verdict"];

const VERDICTS: readonly Verdict[] = ["error", "fail", "inconclusive", "pass"];
/** Rows of the table. */
const ROWS_MAX = 12;
const SEEDS_NAMED = 3;

/** How many runs some seeds mean. */
export function runsIn(seeds: NonNullable<FullSpec["seeds"]>): number {
  return "runs" in seeds ? seeds.runs : seeds.length;
}

/** `seed 42`, `seeds 42 to 61` or `seeds 5, 9, 12 and 7 more`. */
export function seedText({ seed, seeds }: FullSpec): string {
  if (seeds === null) return `seed ${seed}`;
  if (!("runs" in seeds)) {
    const more = seeds.length - SEEDS_NAMED;
    const named = seeds.slice(0, SEEDS_NAMED).join(", ");
    return `${seeds.length === 1 ? "seed" : "seeds"} ${named}${more > 0 ? ` and ${more} more` : ""}`;
  }
  const last = seeds.base + seeds.runs - 1;
  return last === seed ? `seed ${seed}` : `seeds ${seed} to ${last}`;
}

/** `12 of 100   10 pass   2 fail`. */
export function runsText({ runs, spec }: Result): string {
  const rows = runs ?? [];
  const asked = spec.seeds === null ? 1 : runsIn(spec.seeds);
  return [`${count(rows.length)} of ${count(asked)}`, ...verdictCounts(rows)].join("   ");
}

/** Standard deviations over the runs, and whether the runs differ more than chance has it. */
export function betweenText({ delivery, latencyMs }: BetweenRuns): string {
  const parts = [
    `delivered ${plusMinus(delivery.ratio, percent)}`,
    `p50 ${plusMinus(latencyMs.p50, figure)}`,
    `p99 ${plusMinus(latencyMs.p99, figure)}`,
  ];
  if (delivery.dispersion !== null) parts.push(`dispersion ${figure(delivery.dispersion)}`);
  return parts.join("   ");
}

/** Mean and standard deviation. */
function plusMinus({ mean, sd }: Spread, text: (value: number | null) => string): string {
  return sd === null ? text(mean) : `${text(mean)} sd ${text(sd)}`;
}

/** The table, and a line about the runs it leaves out. */
export function runTable(runs: readonly RunRow[], style: Style, columnsMax: number): string[] {
  const shown = new Set(worthALook(runs));
  const rows = runs
    .map((run, index) => ({ run, index }))
    .filter(({ index }) => shown.has(index))
    .map(({ run, index }) => cells(run, index, style));
  const right = "right" as const;
  const columns = [
    { title: "  run", align: right },
    { title: "seed", align: right },
    { title: "verdict" },
    { title: "delivered", align: right },
    { title: "attempts", align: right, giveUp: 2 },
    { title: "fired", align: right, giveUp: 3 },
    { title: "p50 ms", align: right, giveUp: 1 },
    { title: "p99 ms", align: right },
    { title: "max ms", align: right, giveUp: 1 },
  ];
  const table = drawTable(columns, rows, { columnsMax, style });
  const rest = runs.filter((_, index) => !shown.has(index));
  if (rest.length === 0) return table;
  const more = `${plural(rest.length, "more run")}: ${verdictCounts(rest).join(", ")}`;
  return [...table, style.dim(`  ${style.unicode ? "…" : "..."} ${more}`)];
}

/** Indexes of the runs shown: the worst first, then the first. */
function worthALook(runs: readonly RunRow[]): number[] {
  const indexes = runs.map((_, index) => index);
  const rank = (index: number): number => VERDICTS.indexOf(runs[index]?.verdict ?? "pass");
  return indexes.toSorted((a, b) => rank(a) - rank(b) || a - b).slice(0, ROWS_MAX);
}

function cells(run: RunRow, index: number, style: Style): string[] {
  const { seed, verdict, counts, delivery, latencyMs, faults } = run;
  return [
    `  ${index}`,
    String(seed),
    verdictPaint(verdict, style)(verdict),
    percent(delivery.ratio),
    count(counts.attempts),
    count(faults.reduce((sum, { fired }) => sum + fired, 0)),
    figure(latencyMs.p50),
    figure(latencyMs.p99),
    figure(latencyMs.max),
  ];
}

function verdictCounts(runs: readonly RunRow[]): string[] {
  return VERDICTS.toReversed().flatMap((verdict) => {
    const n = runs.filter((run) => run.verdict === verdict).length;
    return n === 0 ? [] : [`${count(n)} ${verdict}`];
  });
}
