/**
 * Adds up the reports of all suites and closes with one plain line.
 *
 * A report that is missing or cannot be read counts as one failure: a suite that died
 * before it could speak must never look like a pass.
 */
import { readFileSync } from "node:fs";
import process from "node:process";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests?: number;
  readonly success?: boolean;
}

function read(path: string): Report {
  try {
    const report = JSON.parse(readFileSync(path, "utf8")) as Report;
    const silentFailure = report.success === false && report.numFailedTests === 0;
    return silentFailure ? { ...report, numFailedTests: 1 } : report;
  } catch {
    console.error(`no report at ${path}: counted as a failure`);
    return { numPassedTests: 0, numFailedTests: 1 };
  }
}

const reports = process.argv.slice(2).map(read);
const sum = (pick: (report: Report) => number): number =>
  reports.reduce((total, report) => total + pick(report), 0);
const passed = sum((report) => report.numPassedTests);
const failed = sum((report) => report.numFailedTests);
const skipped = sum((report) => report.numPendingTests ?? 0);

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
