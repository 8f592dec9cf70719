/**
 * The demo's one table, and the sentence below it.
 *
 * A row is a scenario over a transport. Columns that explain give way first on a narrow
 * terminal; scenario, transport, verdict and delivery never do. No 99th percentile: the demo's
 * short runs have too few messages to know one, and a column of dashes says nothing.
 */
import type { Result } from "@faultline/experiment";

import { count, duration, figure } from "../output/numbers.ts";
import { PICTURE_AXIS } from "../output/picture.ts";
import { printable } from "../output/printable.ts";
import { verdictPaint } from "../output/verdict.ts";
import type { Style } from "../output/style.ts";
import { drawTable } from "../output/table.ts";
import type { Column } from "../output/table.ts";
import type { Journey, Visit } from "./tour.ts";

const COLUMNS: readonly Column[] = [
  { title: "scenario" },
  { title: "over" },
  { title: "verdict" },
  { title: "delivered", align: "right" },
  { title: "attempts", align: "right", giveUp: 3 },
  { title: "faults", align: "right", giveUp: 1 },
  { title: "expected", align: "right", giveUp: 4 },
  { title: "corrupt", align: "right", giveUp: 5 },
  { title: "missed", align: "right", giveUp: 2 },
  { title: "p50 ms", align: "right", giveUp: 7 },
  { title: "p90 ms", align: "right", giveUp: 6 },
  { title: "latency", giveUp: 8 },
];

function sum(values: readonly (number | null)[]): number | null {
  return values.includes(null)
    ? null
    : values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

function firedOf(result: Result): number {
  return result.faults.reduce((total, { fired }) => total + fired, 0);
}

function cells({ stop, result, picture, problems }: Visit, style: Style): string[] {
  const { counts, faults, latencyMs } = result;
  const delivered = `${counts.delivered}/${counts.messages}`;
  const missed = String(counts.corruptionsUndetected);
  const none = faults.length === 0;
  return [
    stop.scenario.name,
    stop.transport,
    verdictPaint(result.verdict, style)(result.verdict) +
      (problems.length > 0 ? style.bad(" !") : ""),
    counts.delivered === counts.messages ? delivered : style.warn(delivered),
    String(counts.attempts),
    none ? "" : String(firedOf(result)),
    none ? "" : figure(sum(faults.map(({ expected }) => expected))),
    String(counts.corruptionsDetected),
    counts.corruptionsUndetected > 0 ? style.bad(missed) : missed,
    figure(latencyMs.p50),
    figure(latencyMs.p90),
    style.accent(picture.draw(style)),
  ];
}

function plural(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}

/** The table as lines, with its legend. */
export function demoTable(
  visits: readonly Visit[],
  options: { readonly style: Style; readonly columnsMax: number },
): string[] {
  const { style } = options;
  const rows = visits.map((one) => cells(one, style));
  const axis = style.unicode ? PICTURE_AXIS : "10 us to 10 s, logarithmic";
  return [
    ...drawTable(COLUMNS, rows, options),
    style.dim(`missed: corrupted bodies that were taken for good; latency: ${axis}, per message`),
  ];
}

/** What all runs came to, in one sentence each, problems included. */
export function demoSummary(
  { visits, failures }: Journey,
  options: { readonly style: Style; readonly tookMs: number; readonly stops: number },
): string[] {
  const { style, stops } = options;
  const results = visits.map(({ result }) => result);
  const total = (pick: (result: Result) => number): number =>
    results.reduce((all, result) => all + pick(result), 0);
  const good = visits.filter(({ problems }) => problems.length === 0).length;
  const scenarios = new Set(visits.map(({ stop }) => stop.scenario.name)).size;
  const verdict = `${good} of ${plural(stops, "run")} as expected`;
  const missing = visits.length === stops ? "" : `, ${stops - visits.length} not made`;
  const problems = visits.flatMap(({ stop, problems: found }) =>
    found.map((text) => style.bad(`${stop.scenario.name} over ${stop.transport}: ${text}`)),
  );
  return [
    `${good === stops ? style.good(verdict) : style.bad(verdict + missing)}: ${plural(scenarios, "scenario")}, ` +
      `${plural(
        total(({ counts }) => counts.messages),
        "message",
      )} in ${plural(
        total(({ counts }) => counts.attempts),
        "attempt",
      )}, ` +
      `${plural(total(firedOf), "fault")}, ${duration(options.tookMs)}`,
    ...problems,
    ...failures.map((text) => style.bad(printable(text))),
  ];
}
