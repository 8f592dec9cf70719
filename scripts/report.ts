/**
 * Writes the counts of a script's steps in the shape of vitest's JSON report, for count.ts.
 *
 * Asked for by `--report FILE`; does nothing without it.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

/** Writes `passed` and `failed` to the file named after `--report`, if there is one. */
export function writeReport(passed: number, failed: number): void {
  const at = process.argv.indexOf("--report");
  const path = at === -1 ? undefined : process.argv[at + 1];
  if (path === undefined) return;
  writeFileSync(
    path,
    JSON.stringify({ numPassedTests: passed, numFailedTests: failed, success: failed === 0 }),
  );
}
