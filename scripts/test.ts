/**
 * `pnpm test`: every test of the workspace, and how much of the pure packages their own tests reach.
 *
 * In two runs, since measuring coverage makes the code three times slower: the pure packages with it,
 * then everything else without. With arguments it is plain `vitest run` with them, as in
 * `pnpm test packages/faults/`; `--report FILE` is for count.ts, as in the other scripts.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { type Counts, writeReport } from "./report.ts";

const PURE = ["packages/protocol/", "packages/faults/", "packages/simulation/"];
const RUNS = [
  { name: "pure", args: ["--coverage", ...PURE] },
  { name: "rest", args: PURE.flatMap((folder) => ["--exclude", `${folder}**`]) },
];

/** @returns the exit code; a signal counts as a failure. */
function vitest(args: readonly string[]): number {
  return spawnSync("vitest", ["run", ...args], { stdio: "inherit" }).status ?? 1;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

/** A run that ends badly without a failed test has still failed. */
function runAndCount({ name, args }: (typeof RUNS)[number], folder: string): Counts {
  const path = join(folder, `${name}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${path}`];
  const status = vitest([...args, ...reporters]);
  try {
    const report = JSON.parse(readFileSync(path, "utf8")) as VitestReport;
    const { numPassedTests: passed, numFailedTests, numPendingTests: skipped } = report;
    return { passed, failed: status === 0 ? 0 : Math.max(1, numFailedTests), skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function runAll(): number {
  const folder = mkdtempSync(join(tmpdir(), "faultline-test-"));
  try {
    const runs = RUNS.map((run) => runAndCount(run, folder));
    const sum = (key: keyof Counts): number => runs.reduce((total, run) => total + run[key], 0);
    const counts = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    console.log(`tests: ${counts.passed} passed, ${counts.failed} failed${skipped}`);
    writeReport(counts);
    return counts.failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
process.exitCode = args.length === 0 || args[0] === "--report" ? runAll() : vitest(args);
