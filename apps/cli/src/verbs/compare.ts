/**
 * `faultline compare`: two specs on the same seeds, and what changes from the first to the second.
 *
 * Exit code 0: B is nowhere shown to be worse; 1: it is, in at least one figure (the whole interval
 * lies on the bad side); 2: too few pairs to tell of any figure. Every figure has its own interval: of
 * five at 95 %, one is off by chance now and then.
 */
import type { Command } from "commander";

import type { Comparison, FigureDifference, FullSpec } from "@faultline/experiment";

import { ExitCode, ToolError } from "../exit.ts";
import { readers, SEED_MAX } from "../options/values.ts";
import { count, figure, percent, plural, UNKNOWN } from "../output/numbers.ts";
import { printable } from "../output/printable.ts";
import { styleFor } from "../output/style.ts";
import { drawTable } from "../output/table.ts";
import { createCommand } from "../program.ts";
import type { Finish } from "../program.ts";
import type { System } from "../system.ts";
import { loadSimulated, type SharedFlags, withSharedFlags } from "./search-flags.ts";
import { watched, writeAnswer } from "./watched.ts";

interface CompareFlags extends SharedFlags {
  readonly seeds?: number;
  readonly base?: number;
}

interface Sides {
  readonly a: FullSpec;
  readonly b: FullSpec;
}

const SEEDS_DEFAULT = 30;
const SEEDS_MAX = 1_000_000;

async function compare(system: System, { a, b }: Sides, flags: CompareFlags): Promise<Comparison> {
  const { compareSpecs } = await import("@faultline/experiment");
  const { seeds = SEEDS_DEFAULT, base = a.seed } = flags;
  const begins = `comparing ${printable(a.name)} with ${printable(b.name)}, ${plural(seeds, "seed")} from ${base}`;
  return watched(system, { begins, kept: "finished pairs are kept" }, ({ signal, share, status }) =>
    compareSpecs(a, b, {
      seeds,
      base,
      signal,
      onProgress: ({ done, total }) =>
        status(() => `${share(done, total)}  ${count(done)} of ${plural(total, "pair")}`),
    }),
  );
}

function rowOf(one: FigureDifference): string[] {
  const { interval } = one;
  const range = interval === null ? UNKNOWN : `${figure(interval[0])} to ${figure(interval[1])}`;
  return [
    one.figure,
    figure(one.a),
    figure(one.b),
    figure(one.difference),
    range,
    one.change,
    `${one.n}`,
  ];
}

function reportLines(system: System, result: Comparison): string[] {
  const style = styleFor(system.stdout, system.env);
  const columns = [
    { title: "figure" },
    { title: "A", align: "right" as const },
    { title: "B", align: "right" as const },
    { title: "B - A", align: "right" as const },
    { title: percent(result.confidence) },
    { title: "change" },
    { title: "pairs", align: "right" as const },
  ];
  const options = { columnsMax: system.stdout.columns, style };
  return [...drawTable(columns, result.differences.map(rowOf), options), ...messageLines(result)];
}

/** Message by message: who was delivered where. */
function messageLines({ messages, seeds, ended }: Comparison): string[] {
  const stopped =
    ended === "aborted"
      ? [`stopped after ${count(seeds.tried)} of ${plural(seeds.asked, "seed")}`]
      : [];
  if (messages === null) return stopped;
  const { both, onlyFirst, onlySecond, neither, interval, difference, p } = messages;
  const range = interval === null ? "" : ` (${figure(interval[0])} to ${figure(interval[1])})`;
  return [
    `the same message: delivered in both ${count(both)}, only in A ${count(onlyFirst)}, only in B ${count(onlySecond)}, in neither ${count(neither)}`,
    `delivery B - A by message: ${figure(difference)}${range}, McNemar p = ${figure(p)}`,
    ...stopped,
  ];
}

function exitCodeFor({ differences }: Comparison): ExitCode {
  if (differences.some(({ change }) => change === "worse")) return ExitCode.fail;
  return differences.every(({ change }) => change === "unknown")
    ? ExitCode.inconclusive
    : ExitCode.ok;
}

const EXAMPLES = `
Exit codes: 0 B is nowhere shown to be worse, 1 it is in at least one figure, 2 too few pairs to tell,
3 or more the tool could not do its work.

Example:
  faultline compare now.json patient.json --seeds 100`;

/** The verb `compare`. */
export function compareCommand(system: System, finish: Finish): Command {
  const read = readers("compare");
  const command = createCommand(
    system,
    "compare",
    "Run two specs on the same seeds and tell what changes.",
  )
    .argument("<a>", "a spec file or the name of a scenario")
    .argument("<b>", "what it is compared with")
    .option(
      "--seeds <n>",
      `pairs of runs (${SEEDS_DEFAULT})`,
      read.integer("--seeds", 1, SEEDS_MAX),
    )
    .option("--base <n>", "the first seed (A's)", read.integer("--base", 0, SEED_MAX));
  return withSharedFlags(command, read)
    .addHelpText("after", EXAMPLES)
    .action(async (first: string, second: string, flags: CompareFlags) => {
      if (first === "-" && second === "-") {
        throw new ToolError(
          'Cannot compare as "b" must be another spec than standard input: got "-"',
        );
      }
      const a = await loadSimulated(first, system, flags);
      const b = await loadSimulated(second, system, flags);
      const result = await compare(system, { a, b }, flags);
      const lines = flags.json === true ? null : () => reportLines(system, result);
      writeAnswer(system, result, lines);
      finish(exitCodeFor(result));
    });
}
