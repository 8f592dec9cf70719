/**
 * `faultline shrink`: from a failing seed to the smallest run that fails in the same way.
 *
 * With `--out` it writes spec.json (stands alone), story.md (one paragraph) and repro.test.ts (fails as
 * long as the failure is there). Exit code 0: shrunk, confirmed, and no fault can be left out; 1:
 * the seed does not fail; 2: it does not fail the same way twice, or was stopped before the end.
 */
import { join } from "node:path";
import type { Command } from "commander";

import type { FullSpec, RunSize, ShrinkResult } from "@faultline/experiment";

import { ExitCode, ToolError } from "../exit.ts";
import { writeTextFile } from "../input/file.ts";
import { importFrom, loadParts } from "../input/parts.ts";
import { readers, SEED_MAX } from "../options/values.ts";
import { makeFolder } from "../output/folder.ts";
import { count, plural } from "../output/numbers.ts";
import { printable, shown } from "../output/printable.ts";
import { createCommand } from "../program.ts";
import type { Finish } from "../program.ts";
import { reasonOf } from "../reasons.ts";
import type { System } from "../system.ts";
import {
  commandLine,
  loadSimulated,
  type SharedFlags,
  withParts,
  withSharedFlags,
} from "./search-flags.ts";
import { watched, writeAnswer } from "./watched.ts";

interface ShrinkFlags extends SharedFlags {
  readonly seed?: number;
  readonly signature?: string;
  readonly trials?: number;
  readonly parts?: string;
  readonly out?: string;
}

const TRIALS_DEFAULT = 2_000;
const TRIALS_MAX = 1_000_000;

async function shrinkWatched(
  system: System,
  spec: FullSpec,
  flags: ShrinkFlags,
): Promise<ShrinkResult> {
  const { shrink } = await import("@faultline/experiment");
  const createParts = await loadParts(flags.parts);
  const { seed = spec.seed, signature, trials, parts, out = "." } = flags;
  const begins = `shrinking ${printable(spec.name)} over ${spec.transport}, seed ${seed}`;
  const announcement = { begins, kept: "the smallest run so far is kept" };
  return watched(system, announcement, ({ signal, status }) =>
    shrink(spec, {
      seed,
      signal,
      ...(signature === undefined ? {} : { signature }),
      ...(trials === undefined ? {} : { trialsMax: trials }),
      ...(createParts === undefined ? {} : { createParts }),
      ...(parts === undefined ? {} : { partsModule: importFrom(out, parts) }),
      onProgress: ({ stage, trials: done, faultEvents }) =>
        status(() => `${stage}  ${plural(faultEvents, "fault event")}  ${plural(done, "run")}`),
    }),
  );
}

function writeFiles(folder: string, { spec, story, test }: ShrinkResult): string[] {
  const files = {
    "spec.json": `${JSON.stringify(spec, null, 2)}\n`,
    "story.md": `${story}\n`,
    "repro.test.ts": `${test}`,
  };
  try {
    makeFolder(folder);
  } catch (error) {
    throw new ToolError(`Cannot write to ${shown(folder)}: ${reasonOf(error)}`, { cause: error });
  }
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    writeTextFile(path, text);
    return path;
  });
}

function reportLines(result: ShrinkResult, files: readonly string[], flags: ShrinkFlags): string[] {
  const { outcome, seed, failure, story, from, to, trials, minimal, digest } = result;
  if (outcome === "passes") {
    const by = flags.signature === undefined ? "" : ` by ${flags.signature}`;
    return [`seed ${seed} does not fail${by}: there is nothing to shrink`];
  }
  if (outcome === "aborted") return ["stopped before anything had failed"];
  if (outcome === "not-repeated" || from === null || to === null) {
    return [
      `seed ${seed} fails (${failure?.message ?? ""}), but not the same way again: what is under test depends on more than its seed`,
    ];
  }
  const rest = minimal
    ? "no fault can be left out"
    : "stopped before nothing more could be left out";
  return [
    story ?? "",
    "",
    `${sizeText(from)}  ->  ${sizeText(to)}`,
    `${plural(trials, "run")}, ${rest}; confirmed twice, digest ${digest ?? "none"}`,
    ...files.map((path) => `wrote ${path}`),
    ...againLine(files[0], flags),
  ];
}

function againLine(spec: string | undefined, { parts }: ShrinkFlags): string[] {
  if (spec === undefined) return [];
  const more = parts === undefined ? [] : ["--parts", parts];
  return [`again: ${commandLine("search", [spec, "--seeds", "1", ...more])}`];
}

function sizeText({ firings, events, messages, clients }: RunSize): string {
  const outages = events === 0 ? "" : `, ${plural(events, "server event")}`;
  return `${plural(firings, "firing")}${outages}, ${plural(messages, "message")}, ${plural(clients, "client")}`;
}

function exitCodeFor({ outcome, minimal }: ShrinkResult): ExitCode {
  if (outcome === "shrunk" && minimal) return ExitCode.ok;
  return outcome === "passes" ? ExitCode.fail : ExitCode.inconclusive;
}

const EXAMPLES = `
Exit codes: 0 shrunk and confirmed, 1 the seed does not fail, 2 not the same way twice, or stopped
before the end (the smallest run so far is kept), 3 or more the tool could not do its work.

Example:
  faultline shrink my-spec.json --seed 16 --out found    found/spec.json, story.md, repro.test.ts`;

/** The verb `shrink`. */
export function shrinkCommand(system: System, finish: Finish): Command {
  const read = readers("shrink");
  const command = createCommand(
    system,
    "shrink",
    "Reduce a failing seed to the few faults it takes.",
  )
    .argument("<spec>", "a spec file (- for standard input) or the name of a scenario")
    .option("--seed <n>", "the failing seed (the spec's)", read.integer("--seed", 0, SEED_MAX))
    .option("--signature <text>", "which failure to keep, as search names it (the first)")
    .option(
      "--trials <n>",
      `runs it may take (${count(TRIALS_DEFAULT)})`,
      read.integer("--trials", 1, TRIALS_MAX),
    )
    .option("--out <folder>", "writes spec.json, story.md and repro.test.ts", read.path("--out"));
  return withSharedFlags(withParts(command, read), read)
    .addHelpText("after", EXAMPLES)
    .action(async (named: string, flags: ShrinkFlags) => {
      const spec = await loadSimulated(named, system, flags);
      const result = await shrinkWatched(system, spec, flags);
      const written = flags.out !== undefined && result.spec !== null;
      const files = written ? writeFiles(flags.out, result) : [];
      const lines = flags.json === true ? null : () => reportLines(result, files, flags);
      writeAnswer(system, result, lines);
      finish(exitCodeFor(result));
    });
}
