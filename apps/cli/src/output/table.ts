/**
 * One table: columns that line up, and that give way when the terminal is narrow.
 *
 * Cells may be coloured; widths are counted in columns, not characters. A narrow terminal loses
 * whole columns, least important first: half a figure is worse than none. Lines are never wrapped.
 */
import { columnsOf } from "./style.ts";
import type { Style } from "./style.ts";

/** A column: its heading and how it behaves. */
export interface Column {
  readonly title: string;
  /** @default "left" */
  readonly align?: "left" | "right";
  /** Given up in descending order when the table is too wide; 0 is never given up. @default 0 */
  readonly giveUp?: number;
}

const GAP = "  ";

function pad(text: string, width: number, align: "left" | "right"): string {
  const blank = " ".repeat(Math.max(0, width - columnsOf(text)));
  return align === "right" ? blank + text : text + blank;
}

function widthOf(widths: readonly number[], kept: readonly number[]): number {
  return kept.reduce((sum, at) => sum + (widths[at] ?? 0), GAP.length * (kept.length - 1));
}

/** The columns that fit into `columnsMax`, the most dispensable ones left out. */
function fit(columns: readonly Column[], widths: readonly number[], columnsMax: number): number[] {
  let kept = columns.map((_, at) => at);
  while (widthOf(widths, kept) > columnsMax) {
    const ranks = kept.map((at) => columns[at]?.giveUp ?? 0);
    const worst = Math.max(...ranks);
    if (worst === 0) break;
    const victim = kept[ranks.lastIndexOf(worst)];
    kept = kept.filter((at) => at !== victim);
  }
  return kept;
}

/**
 * Draws the table with its heading line.
 *
 * @param rows one array of cells a row, in the order of `columns`
 * @param options `columnsMax`: width of the terminal, Infinity for none
 * @returns lines without their newlines
 */
export function drawTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { readonly columnsMax: number; readonly style: Style },
): string[] {
  const widths = columns.map((column, at) =>
    rows.reduce((widest, row) => Math.max(widest, columnsOf(row[at] ?? "")), column.title.length),
  );
  const kept = fit(columns, widths, options.columnsMax);
  const line = (cell: (at: number) => string): string =>
    kept
      .map((at) => pad(cell(at), widths[at] ?? 0, columns[at]?.align ?? "left"))
      .join(GAP)
      .trimEnd();
  const rule = (options.style.unicode ? "─" : "-").repeat(widthOf(widths, kept));
  return [
    options.style.bold(line((at) => columns[at]?.title ?? "")),
    options.style.dim(rule),
    ...rows.map((row) => line((at) => row[at] ?? "")),
  ];
}
