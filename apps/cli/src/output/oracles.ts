/**
 * What theory expected beside what was measured: a table of the figures in which chance had a say.
 *
 * What was certain and came true is not worth a line; what was certain and did not, is. Where
 * nothing is expected the result says why, to programs: a person has asked for figures.
 */
import type { OracleResult } from "@faultline/experiment";

import { figure } from "./numbers.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";
import { drawTable } from "./table.ts";

/** From here on a figure is off by more than chance explains: once in 16 000. */
const Z_ODD = 4;

/** The table with a blank line before it, or nothing. */
export function oracleLines(
  oracles: readonly OracleResult[],
  style: Style,
  columnsMax: number,
): string[] {
  const rows = oracles.flatMap(({ metric, expected, observed, z }) => {
    if (expected === null || z === null) return [];
    const paint = Math.abs(z) < Z_ODD ? (text: string) => text : style.bad;
    return [[`  ${printable(metric)}`, figure(expected), figure(observed), paint(figure(z))]];
  });
  if (rows.length === 0) return [];
  const columns = [
    { title: "  by theory" },
    { title: "expected", align: "right" as const },
    { title: "observed", align: "right" as const },
    { title: "z", align: "right" as const },
  ];
  return ["", ...drawTable(columns, rows, { columnsMax, style })];
}
