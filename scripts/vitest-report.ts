/**
 * A vitest reporter that writes a `Report` to the file named in `VITEST_REPORT`.
 *
 * Vitest's own JSON leaves out what failed outside of a test: a hook, a file that could not be read,
 * an error that nobody caught. Each of them fails the run, so each has to be named.
 */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import process from "node:process";

import type { Reporter, TestModule } from "vitest/node";

import type { Report } from "./report.ts";

interface Thrown {
  readonly message?: string;
  readonly stack?: string;
}

/** Lines told of one error: its message and where in our own code it was thrown, not the runner's. */
const LINES_MAX = 20;

function linesOf(error: Thrown): string[] {
  const lines = (error.stack ?? error.message ?? "no message").split("\n");
  return lines.filter((line) => !line.includes("/node_modules/")).slice(0, LINES_MAX);
}

function failure(where: string, thrown: readonly Thrown[]): string {
  return [where, ...thrown.flatMap(linesOf)].join("\n");
}

function failuresOf(module: TestModule): string[] {
  const file = relative(process.cwd(), module.moduleId);
  const tests = [...module.children.allTests("failed")];
  const suites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
  return [
    ...(module.errors().length > 0 ? [failure(file, module.errors())] : []),
    ...suites.map((suite) => failure(`${file} > ${suite.fullName}: a hook`, suite.errors())),
    ...tests.map((test) => failure(`${file} > ${test.fullName}`, test.result().errors ?? [])),
    ...(module.state() === "pending" ? [`${file}: did not finish`] : []),
  ];
}

/** Made by vitest, for `--reporter`. */
export default class VitestReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly Thrown[]): void {
    const path = process.env["VITEST_REPORT"];
    if (path === undefined) return;
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number =>
      tests.filter((test) => test.result().state === state).length;
    const report: Report = {
      passed: count("passed"),
      skipped: count("skipped"),
      failures: [
        ...modules.flatMap(failuresOf),
        ...unhandled.map((error) => failure("an error that nobody caught", [error])),
      ],
    };
    writeFileSync(path, JSON.stringify(report));
  }
}
