/**
 * A report as people read it, and as programs do.
 *
 * Figures are rounded for the table only; the JSON has them as they are. Both are the same bytes for
 * the same seed in every runtime: no figure passes through anything that engines round differently.
 */
import type { Column, Example, Report } from "./example.ts";

const GAP = "  ";

/** The table, then what is claimed, each line with its verdict. */
export function asText(example: Example, seed: number, report: Report): string {
  const { columns, rows, claims } = report;
  const titles = ["", ...columns.map(({ title }) => title)];
  const cells = rows.map(({ name, figures }) => [
    name,
    ...figures.map((figure, at) => shown(figure, columns[at])),
  ]);
  const widths = titles.map((title, at) =>
    Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join(GAP);
  const rule = "─".repeat(widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length));
  return [
    `${example.title} (seed ${seed})`,
    example.text,
    "",
    line(titles),
    rule,
    ...cells.map(line),
    "",
    ...claims.map(({ holds, says }) => `${holds ? "holds  " : "BROKEN "} ${says}`),
    "",
  ].join("\n");
}

/** One object: each row with its figures by the titles of their columns. */
export function asJson(example: Example, seed: number, { claims, columns, rows }: Report): string {
  const named = rows.map(({ figures, name }) => ({
    name,
    ...Object.fromEntries(columns.map(({ title }, at) => [title, figures[at] ?? null])),
  }));
  return `${JSON.stringify({ example: example.name, seed, rows: named, claims }, null, 2)}\n`;
}

function shown(figure: number | null, column: Column | undefined): string {
  return figure === null ? "–" : figure.toFixed(column?.decimals ?? 0);
}
