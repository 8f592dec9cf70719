/**
 * `pnpm test`: every test of the workspace, and how much of the pure packages their own tests reach.
 *
 * On Node in two runs, since measuring coverage makes the code three times slower: the pure packages
 * with it, then everything else without. `--deno` has Deno execute the same files. With more arguments
 * it is plain `vitest run` with them, as in `pnpm test packages/faults/`; `--report FILE` is for
 * count.ts, as in the other scripts.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { lineOf, readReport, type Report, sumOf, writeReport } from "./report.ts";

/** The test kit's own tests are those of the protocol's layers that need two ends. */
const PURE = ["protocol", "faults", "simulation", "testkit"].map((name) => `packages/${name}/`);
const NODE_RUNS = [["--coverage", ...PURE], PURE.flatMap((folder) => ["--exclude", `${folder}**`])];
const NODE: Command = ["vitest", "run"];
const DENO: Command = [
  "deno",
  "run",
  "-A",
  "node_modules/vitest/vitest.mjs",
  "run",
  "--pool=forks",
];

type Command = readonly [string, ...string[]];

/** @returns the exit code; a signal counts as a failure. */
function vitest(command: Command, args: readonly string[], report?: string): number {
  const [program, ...rest] = command;
  const env = { ...process.env, ...(report !== undefined && { VITEST_REPORT: report }) };
  return spawnSync(program, [...rest, ...args], { stdio: "inherit", env }).status ?? 1;
}

/** A run that ends badly without a failed test has still failed. */
function runAndReport(command: Command, args: readonly string[], path: string): Report {
  const reporters = ["--reporter=default", "--reporter=./scripts/vitest-report.ts"];
  const status = vitest(command, [...args, ...reporters], path);
  const report = readReport(path);
  if (status === 0 || report.failures.length > 0) return report;
  const named = [...command, ...args].join(" ");
  return { ...report, failures: [`${named}: exit code ${status}, though no test failed`] };
}

function runAll(command: Command, runs: readonly (readonly string[])[]): number {
  const folder = mkdtempSync(join(tmpdir(), "faultline-test-"));
  try {
    const reports = runs.map((args, index) =>
      runAndReport(command, args, join(folder, `${index}.json`)),
    );
    const total = sumOf(reports);
    console.log(`tests: ${lineOf(total)}`);
    writeReport(total);
    return total.failures.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const onDeno = process.argv[2] === "--deno";
const args = process.argv.slice(onDeno ? 3 : 2);
const command = onDeno ? DENO : NODE;
const isWhole = args.length === 0 || args[0] === "--report";
process.exitCode = isWhole ? runAll(command, onDeno ? [[]] : NODE_RUNS) : vitest(command, args);
