/**
 * What a suite says of itself: written by every script behind `--report FILE`, added up by count.ts.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

/** How many tests or steps ended how; a failure has a name and what is known of it. */
export interface Report {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
}

/** Writes the report to the file named after `--report`, if there is one. */
export function writeReport(report: Report): void {
  const at = process.argv.indexOf("--report");
  const path = at === -1 ? undefined : process.argv[at + 1];
  if (path !== undefined) writeFileSync(path, JSON.stringify(report));
}

/** A suite that died before it could speak must never look like a pass: no report is one failure. */
export function readReport(path: string): Report {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch {
    return { passed: 0, skipped: 0, failures: [`no report at ${path}`] };
  }
}

/** All of them as one. */
export function sumOf(reports: readonly Report[]): Report {
  return {
    passed: reports.reduce((total, { passed }) => total + passed, 0),
    skipped: reports.reduce((total, { skipped }) => total + skipped, 0),
    failures: reports.flatMap(({ failures }) => failures),
  };
}

/** As in "12 passed, 1 failed", and how many were skipped where any were. */
export function lineOf({ passed, skipped, failures }: Report): string {
  return `${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
