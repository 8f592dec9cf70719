/**
 * Writes the counts of a script's steps in the shape of vitest's JSON report, for count.ts.
 *
 * Asked for by `--report FILE`; does nothing without it.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

/** How many steps or tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Writes the counts to the file named after `--report`, if there is one. */
export function writeReport({ passed, failed, skipped }: Counts): void {
  const at = process.argv.indexOf("--report");
  const path = at === -1 ? undefined : process.argv[at + 1];
  if (path === undefined) return;
  const counts = { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped };
  writeFileSync(path, JSON.stringify({ ...counts, success: failed === 0 }));
}
