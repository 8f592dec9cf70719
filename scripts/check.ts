/**
 * `pnpm check`: everything that can be known without running the product.
 *
 * Every step runs even when an earlier one failed, so one call shows all there is to mend.
 * Output of a step is shown only when it failed.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";

import { writeReport } from "./report.ts";

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

function run(step: Step): boolean {
  const [program, ...rest] = step.command;
  const startedMs = performance.now();
  const done = spawnSync(program, rest, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const ok = done.status === 0;
  console.log(`${ok ? "ok  " : "FAIL"} ${step.name} (${seconds} s)`);
  if (!ok) console.log(`${done.stdout}${done.stderr}${done.error?.message ?? ""}`);
  return ok;
}

const results = STEPS.map((step) => run(step));
const failed = results.filter((ok) => !ok).length;
console.log(`checks: ${results.length - failed} passed, ${failed} failed`);
writeReport({ passed: results.length - failed, failed, skipped: 0 });
process.exitCode = failed === 0 ? 0 : 1;
