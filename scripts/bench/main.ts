/**
 * `pnpm bench`: every figure a ratio against a baseline measured in the same run.
 *
 * Progress goes to standard error. It never judges: a slow machine is not a failure.
 */
import process from "node:process";

import { readOptions, WRONG_OPTION, wrongOption } from "../options.ts";
import { type BenchCase, type BenchResult, runCase } from "./case.ts";
import { captureCase } from "./capture.ts";
import { codecCase } from "./codec.ts";
import { exchangeCases } from "./exchange.ts";
import { memoryCases } from "./memory.ts";
import { sealedCases } from "./sealed.ts";
import { siegeCases } from "./siege.ts";
import { simulatedCases } from "./simulated.ts";
import { simulatedSizeCases } from "./simulated-size.ts";
import { tlsCase } from "./tls.ts";

const CASES: readonly BenchCase[] = [
  ...exchangeCases,
  ...sealedCases,
  captureCase,
  tlsCase,
  codecCase,
  ...memoryCases,
  ...siegeCases,
  ...simulatedCases,
  ...simulatedSizeCases,
];

const USAGE = `Usage: npx -y pnpm@12 bench [--only NAME] [--json]

Measures, and prints each figure with its baseline, both medians of runs taken in turn.

  --only NAME   one case
  --list        the names of the cases
  --json        one JSON object and nothing else on standard output`;

const options = readOptions(USAGE, {
  json: { type: "boolean", default: false },
  list: { type: "boolean", default: false },
  only: { type: "string" },
});

function chosen(): readonly BenchCase[] {
  if (options.only === undefined) return CASES;
  const found = CASES.filter((bench) => bench.name === options.only);
  if (found.length > 0) return found;
  const names = CASES.map((bench) => bench.name).join(", ");
  const written = { doing: "bench", name: "only", text: options.only };
  console.error(wrongOption(written, `one of ${names}`).message);
  process.exit(WRONG_OPTION);
}

function figure(value: number): string {
  if (value < 100) return value.toFixed(2);
  return Math.round(value).toLocaleString("en-US");
}

function print(result: BenchResult): void {
  const base =
    result.baseline === null ? "" : `   ${result.baseline.name}: ${figure(result.baseline.value)}`;
  const ratio = result.ratio === null ? "" : `   ratio ${result.ratio.toFixed(2)}`;
  console.log(
    `${result.name.padEnd(18)} ${figure(result.value)} ${result.unit}${base}${ratio}   (promised: ${result.promise})`,
  );
}

if (options.list) {
  for (const bench of CASES) console.log(`${bench.name.padEnd(18)} ${bench.unit}`);
  process.exit(0);
}
const results: BenchResult[] = [];
for (const bench of chosen()) {
  const result = await runCase(bench, (line) => console.error(line));
  results.push(result);
  if (!options.json) print(result);
}
const runtime = `node ${process.versions.node}`;
if (options.json) console.log(JSON.stringify({ runtime, cases: results }, null, 2));
process.exit(0);
