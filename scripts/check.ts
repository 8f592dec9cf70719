/**
 * `pnpm check`: everything that can be known without running the product.
 *
 * Every step runs even when an earlier one failed, so one call shows all there is to mend.
 * Output of a step is shown only when it failed.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";

import { lineOf, type Report, writeReport } from "./report.ts";

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const STEPS: readonly Step[] = [
  { name: "types", command: ["tsc", "-b"] },
  {
    name: "types as Deno sees them",
    command: ["deno", "check", "packages", "apps", "examples", "scripts"],
  },
  { name: "lint", command: ["oxlint", "--type-aware"] },
  { name: "format", command: ["oxfmt", "--check", "."] },
  { name: "unused code", command: ["knip", "--no-config-hints"] },
  { name: "house rules", command: ["vitest", "run", "scripts/tidy.test.ts"] },
];

/** @returns the failure, if it is one */
function run(step: Step): string | undefined {
  const [program, ...rest] = step.command;
  const startedMs = performance.now();
  const done = spawnSync(program, rest, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const ok = done.status === 0;
  console.log(`${ok ? "ok  " : "FAIL"} ${step.name} (${seconds} s)`);
  if (ok) return undefined;
  const output = `${done.stdout}${done.stderr}${done.error?.message ?? ""}`;
  console.log(output);
  return `${step.name}\n${output}`;
}

const failures = STEPS.map(run).filter((failure) => failure !== undefined);
const report: Report = { passed: STEPS.length - failures.length, skipped: 0, failures };
console.log(`checks: ${lineOf(report)}`);
writeReport(report);
process.exitCode = failures.length === 0 ? 0 : 1;
