/**
 * `faultline search`: tries one seed after another until some fail.
 *
 * Exit code 0: all seeds were tried and none fails; 1: some fail, each with the line that shrinks it;
 * 2: stopped before either. Every seed is a simulated run, whatever mode the spec names.
 */
import type { Command } from "commander";

import type { FullSpec, SearchResult } from "@faultline/experiment";

import { ExitCode } from "../exit.ts";
import { loadParts, partsUrl } from "../input/parts.ts";
import { readers, SEED_MAX, THREADS_MAX } from "../options/values.ts";
import { count, percent, plural } from "../output/numbers.ts";
import { printable } from "../output/printable.ts";
import { createCommand } from "../program.ts";
import type { Finish } from "../program.ts";
import type { System } from "../system.ts";
import {
  commandLine,
  loadSimulated,
  type SharedFlags,
  withParts,
  withSharedFlags,
} from "./search-flags.ts";
import { watched, writeAnswer } from "./watched.ts";

interface SearchFlags extends SharedFlags {
  readonly seeds?: number;
  readonly base?: number;
  readonly failures?: number;
  readonly threads?: number;
  readonly parts?: string;
}

const SEEDS_DEFAULT = 1_000;
const SEEDS_MAX = 1_000_000_000;
const FAILURES_DEFAULT = 1;

async function search(system: System, spec: FullSpec, flags: SearchFlags): Promise<SearchResult> {
  const { searchSeeds } = await import("@faultline/experiment");
  const createParts = await loadParts(flags.parts);
  const { seeds = SEEDS_DEFAULT, failures = FAILURES_DEFAULT, base = spec.seed } = flags;
  const { name, transport } = spec;
  const begins = `searching ${printable(name)} over ${transport}, ${plural(seeds, "seed")} from ${base}`;
  return watched(system, { begins, kept: "what is found is kept" }, ({ signal, share, status }) =>
    searchSeeds(spec, {
      seeds,
      base,
      failuresMax: failures,
      signal,
      ...(flags.threads === undefined ? {} : { threads: flags.threads }),
      ...(createParts === undefined ? {} : { createParts }),
      ...(flags.parts === undefined ? {} : { partsModule: partsUrl(flags.parts) }),
      onProgress: ({ done, total, failures: found }) =>
        status(
          () => `${share(done, total)}  ${count(done)} of ${count(total)}  ${count(found)} failing`,
        ),
    }),
  );
}

/** What was found, and how to go on. */
function reportLines(result: SearchResult, named: string, flags: SearchFlags): string[] {
  const { failing, seeds, rate } = result;
  const found = failing.flatMap(({ seed, failures }) => [
    `seed ${seed} fails: ${failures[0]?.message ?? ""}`,
    ...failures.map(({ signature }) => `  ${signature}`),
    `  ${commandLine("shrink", [named, "--seed", `${seed}`, ...flagWords(flags)])}`,
  ]);
  const [lower, upper] = rate.interval ?? [null, null];
  const share = `${percent(rate.ratio)}, 95 %: ${percent(lower)} to ${percent(upper)}`;
  const fails = `${count(failing.length)} of ${plural(seeds.tried, "seed")} ${failing.length === 1 || seeds.tried === 1 ? "fails" : "fail"} (${share})`;
  const why =
    result.ended === "aborted"
      ? `stopped after ${count(seeds.tried)} of ${count(seeds.asked)}; `
      : "";
  return [...found, why + fails];
}

function flagWords({ transport, parts }: SearchFlags): string[] {
  return [
    ...(transport === undefined ? [] : ["--transport", transport]),
    ...(parts === undefined ? [] : ["--parts", parts]),
  ];
}

function exitCodeFor({ failing, ended }: SearchResult): ExitCode {
  if (failing.length > 0) return ExitCode.fail;
  return ended === "aborted" ? ExitCode.inconclusive : ExitCode.ok;
}

const EXAMPLES = `
Exit codes: 0 no seed fails, 1 some do, 2 stopped before any did, 3 or more the tool could not do its work.

Examples:
  faultline search corruption --seeds 200            other seeds of a built-in scenario
  faultline search my-spec.json --parts my-client.ts a client of your own: the module's default export
                                                     is () => ({ createClient }), made for each run`;

/** The verb `search`. */
export function searchCommand(system: System, finish: Finish): Command {
  const read = readers("search");
  const command = createCommand(
    system,
    "search",
    "Look for seeds that break an assertion, or what holds always.",
  )
    .argument("<spec>", "a spec file (- for standard input) or the name of a scenario")
    .option("--seeds <n>", `seeds to try (${SEEDS_DEFAULT})`, read.integer("--seeds", 1, SEEDS_MAX))
    .option("--base <n>", "the first seed (the spec's)", read.integer("--base", 0, SEED_MAX))
    .option(
      "--failures <n>",
      `stop after so many failing seeds (${FAILURES_DEFAULT})`,
      read.integer("--failures", 1, SEEDS_MAX),
    )
    .option(
      "--threads <n>",
      "threads that try seeds (1); the answer is the same",
      read.integer("--threads", 1, THREADS_MAX),
    );
  return withSharedFlags(withParts(command, read), read)
    .addHelpText("after", EXAMPLES)
    .action(async (named: string, flags: SearchFlags) => {
      const spec = await loadSimulated(named, system, flags);
      const result = await search(system, spec, flags);
      const lines = flags.json === true ? null : () => reportLines(result, named, flags);
      writeAnswer(system, result, lines);
      finish(exitCodeFor(result));
    });
}
