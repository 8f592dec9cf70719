/**
 * Runs to rows and back: the one place that knows both the columns and the fields.
 */

import type { Run } from "../runs/run.ts";
import type { RunPatch } from "./store.ts";

/** What SQLite takes for a column of ours. */
export type Cell = string | number | Uint8Array | null;

/** A row as node:sqlite gives it. */
export type Row = Readonly<Record<string, unknown>>;

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
const text = (cell: unknown): string | null => (typeof cell === "string" ? cell : null);
const parsed = <T>(cell: unknown): T | null =>
  typeof cell === "string" ? (JSON.parse(cell) as T) : null;

/** The run of a row. */
export function rowToRun(row: Row): Run {
  return {
    id: String(row["id"]),
    kind: row["kind"] as Run["kind"],
    status: row["status"] as Run["status"],
    progress: { done: Number(row["done"]), total: Number(row["total"]) },
    createdAt: String(row["created_at"]),
    startedAt: text(row["started_at"]),
    endedAt: text(row["ended_at"]),
    spec: JSON.parse(String(row["spec"])) as Run["spec"],
    ...(typeof row["options"] === "string"
      ? { options: JSON.parse(row["options"]) as NonNullable<Run["options"]> }
      : {}),
    result: parsed<NonNullable<Run["result"]>>(row["result"]),
    error: parsed<NonNullable<Run["error"]>>(row["error"]),
  };
}

/** Column and value of every field that a patch, or a whole run, sets. */
export function patchToCells(patch: RunPatch): [column: string, cell: Cell][] {
  const cells: [string, Cell][] = [];
  if (patch.status !== undefined) cells.push(["status", patch.status]);
  if (patch.progress !== undefined) {
    cells.push(["done", patch.progress.done], ["total", patch.progress.total]);
  }
  if (patch.startedAt !== undefined) cells.push(["started_at", patch.startedAt]);
  if (patch.endedAt !== undefined) cells.push(["ended_at", patch.endedAt]);
  if (patch.result !== undefined) cells.push(["result", json(patch.result)]);
  if (patch.error !== undefined) cells.push(["error", json(patch.error)]);
  return cells;
}

/** Column and value of everything a new run sets. */
export function runToCells(run: Run): [column: string, cell: Cell][] {
  return [
    ["id", run.id],
    ["created_at", run.createdAt],
    ["kind", run.kind],
    ["spec", JSON.stringify(run.spec)],
    ["options", json(run.options ?? null)],
    ...patchToCells(run),
  ];
}
