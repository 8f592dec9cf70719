/**
 * Adds up the reports of all suites: names every failure once more, then closes with one plain line.
 */
import process from "node:process";

import { lineOf, readReport, sumOf } from "./report.ts";

const total = sumOf(process.argv.slice(2).map(readReport));
for (const failure of total.failures) console.log(`FAILED ${failure}\n`);
console.log(lineOf(total));
process.exitCode = total.failures.length === 0 && total.passed > 0 ? 0 : 1;
