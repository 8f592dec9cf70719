/**
 * Runs every spec on record after a hundred other runs, and prints what came of them.
 *
 * The other runs leave behind what a long life leaves: warm code, grown tables, counters in modules.
 */
import process from "node:process";
import { goldenText, readGolden, rerun, specOf } from "./golden.ts";
import { runExperiment } from "../../src/index.ts";

const OTHERS = 100;

const all = readGolden();
// a series has seeds of its own
const single = all.filter(({ spec }) => !("seeds" in spec));
for (let other = 0; other < OTHERS; other += 1) {
  const { spec } = single[other % single.length] as (typeof all)[number];
  const small = { ...spec, seed: other, workload: { messages: 20, clients: 2 } };
  await runExperiment(specOf(small));
}
const again = [];
for (const golden of all) again.push(await rerun(golden));
process.stdout.write(goldenText(again));
