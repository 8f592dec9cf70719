/**
 * `faultline run`: one experiment, its result on standard output, its verdict as the exit code.
 *
 * Files that results go to are opened before the run, so a typing slip in a path costs nothing.
 * The first Ctrl-C stops the run and keeps what is finished: the partial result is written like
 * a whole one, its verdict inconclusive.
 */
import { existsSync } from "node:fs";
import type { Command } from "commander";

import type {
  ExchangeLine,
  FullSpec,
  Mode,
  Result,
  RunOptions,
  SeedsInput,
  TransportName,
} from "@faultline/experiment";

import { exitCodeOf, ToolError } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { readKeyFile } from "../input/key-file.ts";
import { Outputs } from "../input/outputs.ts";
import { isSameFile } from "../input/same-file.ts";
import { readSeeds } from "../options/seeds.ts";
import { readers, SEED_MAX, THREADS_MAX } from "../options/values.ts";
import { differenceLines, sameLine } from "../output/determinism.ts";
import { junitXml } from "../output/junit.ts";
import { latencyUsOf } from "../output/latency.ts";
import { count, plural } from "../output/numbers.ts";
import { LatencyPicture } from "../output/picture.ts";
import { printable, shown } from "../output/printable.ts";
import { reportLines } from "../output/report.ts";
import { runsIn, seedText } from "../output/runs.ts";
import { styleFor } from "../output/style.ts";
import { createCommand } from "../program.ts";
import type { Finish } from "../program.ts";
import type { System } from "../system.ts";
import { withErrorReport } from "./error-report.ts";
import { watched } from "./watched.ts";

interface RunFlags {
  readonly seed?: number;
  readonly seeds?: SeedsInput;
  readonly threads?: number;
  readonly mode?: Mode;
  readonly transport?: TransportName;
  readonly json?: boolean;
  readonly junit?: string;
  readonly strict?: boolean;
  readonly exchanges?: string;
  readonly capture?: string;
  readonly checkDeterminism?: boolean;
  readonly keyFile?: string;
}

/** Columns of the picture in the report: eight to a decade. */
const PICTURE_COLUMNS = 48;

/** What is written must not take the place of what was read, or of something else that is written. */
function refuseOneFileTwice(named: string, { capture, junit, exchanges }: RunFlags): void {
  // a scenario is no file
  const taken = existsSync(named) ? [{ path: named, what: "the spec" }] : [];
  for (const [flag, path] of [
    ["--exchanges", exchanges],
    ["--junit", junit],
    ["--capture", capture],
  ] as const) {
    if (path === undefined) continue;
    const same = taken.find((other) => isSameFile(other.path, path));
    if (same !== undefined) {
      const got = shown(path);
      throw new ToolError(
        `Cannot run as "${flag}" must be another file than ${same.what}: got ${got}`,
      );
    }
    taken.push({ path, what: `that of "${flag}"` });
  }
}

/** @throws ToolError where two runs of the spec cannot be compared */
function refuseToCheck({ mode }: FullSpec, { capture, checkDeterminism }: RunFlags): void {
  if (checkDeterminism !== true) return;
  if (mode === "real") {
    throw new ToolError(
      'Cannot check determinism as "--mode" must be simulated, since real time never repeats itself: got "real"',
    );
  }
  if (capture !== undefined) {
    throw new ToolError(
      'Cannot check determinism as "--capture" must be left out: there would be two captures',
    );
  }
}

type Keys = Pick<RunOptions, "keys">;

interface Work {
  readonly system: System;
  readonly spec: FullSpec;
  readonly flags: RunFlags;
}

function startLine(spec: FullSpec): string {
  const { name, transport, workload, seeds } = spec;
  const messages = `${count(workload.messages)} messages`;
  const work = seeds === null ? messages : `${plural(runsIn(seeds), "run")} of ${messages}`;
  return `running ${printable(name)} over ${transport}, ${work}, ${seedText(spec)}`;
}

/** Runs once, or twice where the two are to be compared. @throws ToolError where they differ */
async function carryOut(
  { spec, flags }: Work,
  options: RunOptions,
  say: (line: string) => void,
): Promise<Result> {
  const { checkDeterminism, RunError, runExperiment } = await import("@faultline/experiment");
  try {
    if (flags.checkDeterminism !== true) return (await runExperiment(spec, options)).result;
    const check = await checkDeterminism(spec, options);
    if (check.same === false) {
      const heading = "Cannot vouch for the result: two runs of the same spec and seed differ";
      throw new ToolError(heading, { details: differenceLines(check) });
    }
    say(check.same === null ? "stopped before there were two runs to compare" : sameLine(check));
    return check.result;
  } catch (error) {
    if (error instanceof RunError) throw new ToolError(error.message, { cause: error });
    throw error;
  }
}

/** The keys to use instead of those that follow from the seed. @throws ToolError */
async function keysFor(spec: FullSpec, { system, flags }: Omit<Work, "spec">): Promise<Keys> {
  const isUsed = spec.seal !== null || spec.checksum === "hmac-sha256-128";
  if (flags.keyFile !== undefined && !isUsed) {
    throw new ToolError(
      'Cannot run as "--key-file" must be left out: the spec does not seal or sign',
    );
  }
  const path = flags.keyFile ?? (system.env["FAULTLINE_KEY_FILE"]?.trim() || undefined);
  return path === undefined || !isUsed ? {} : { keys: await readKeyFile(path) };
}

/** Runs with progress on standard error; resolves also when stopped, with what is finished. */
async function runWatched(
  work: Work,
  takers: Pick<RunOptions, "keys" | "onCapture" | "onExchange">,
): Promise<Result> {
  const { system, spec, flags } = work;
  const announcement = { begins: startLine(spec), kept: "what is finished is kept" };
  return watched(system, announcement, ({ signal, say, share, status }) => {
    let runs = 0;
    const options: RunOptions = {
      signal,
      ...takers,
      ...(flags.threads !== undefined && { threads: flags.threads }),
      onRun: () => (runs += 1),
      onProgress: ({ done, total }) =>
        status(() => {
          const over = spec.seeds === null ? "" : `  ${plural(runs, "run")} done`;
          return `${share(done, total)}  ${count(done)} of ${count(total)}${over}`;
        }),
    };
    return carryOut(work, options, say);
  });
}

function show({ system, flags }: Work, result: Result, picture?: LatencyPicture): void {
  if (flags.json === true) {
    system.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const style = styleFor(system.stdout, system.env);
  const columnsMax = system.stdout.columns;
  const lines = reportLines(result, { style, columnsMax, ...(picture && { picture }) });
  system.stdout.write(`\n${lines.join("\n")}\n`);
}

async function run(system: System, named: string, flags: RunFlags): Promise<ExitCode> {
  const { seed, seeds, mode, transport, strict = false } = flags;
  const overrides = {
    // one seed is one run, whatever the spec says
    ...(seed === undefined ? {} : { seed, seeds: null }),
    ...(seeds === undefined ? {} : { seeds }),
    ...(mode === undefined ? {} : { mode }),
    ...(transport === undefined ? {} : { transport }),
    ...(flags.capture === undefined ? {} : { capture: true as const }),
  };
  const { loadSpec } = await import("../input/spec.ts");
  const spec = await loadSpec(named, system, overrides);
  refuseToCheck(spec, flags);
  refuseOneFileTwice(named, flags);
  const keys = await keysFor(spec, { system, flags });
  const outputs = new Outputs(flags);
  const { capture, exchanges } = outputs;
  const work = { system, spec, flags };
  // lines of many runs at once have to wait for one another, so they are asked for only if wanted
  const picture = spec.seeds === null ? new LatencyPicture(PICTURE_COLUMNS) : undefined;
  const onExchange = (line: ExchangeLine): void => {
    exchanges?.add(JSON.stringify(line));
    const took = latencyUsOf(line);
    if (took !== undefined) picture?.add(took);
  };
  const result = await withErrorReport({ system, spec, junit: flags.junit }, () =>
    runWatched(work, {
      ...keys,
      ...(picture || exchanges ? { onExchange } : {}),
      ...(capture && { onCapture: (bytes) => capture.add(bytes) }),
    }),
  ).catch((error: unknown) => {
    outputs.discard();
    throw error;
  });
  // The result first: a disk that is full must not cost it.
  show(work, result, picture);
  outputs.finish(() => junitXml(result, { strict }));
  return exitCodeOf(strict && result.verdict === "inconclusive" ? "fail" : result.verdict);
}

/** The verb `run`. */
export function runCommand(system: System, finish: Finish): Command {
  const read = readers("run");
  return createCommand(system, "run", "Run an experiment: exit 0 pass, 1 fail, 2 inconclusive.")
    .argument("<spec>", "a spec file (- for standard input) or the name of a scenario")
    .option("--seed <n>", "replay with this seed", read.integer("--seed", 0, SEED_MAX))
    .option(
      "--seeds <which>",
      "a run each: 20 (from the seed on), 1,5,9 (these) or 100+20 (20 from 100 on)",
      readSeeds,
    )
    .option(
      "--threads <n>",
      "threads that share the runs of --seeds; the result is the same",
      read.integer("--threads", 1, THREADS_MAX),
    )
    .option(
      "--mode <mode>",
      "real: sockets; simulated: a virtual network and clock",
      read.choice("--mode", ["real", "simulated"]),
    )
    .option(
      "--transport <name>",
      "tcp, udp or tls",
      read.choice("--transport", ["tcp", "udp", "tls"]),
    )
    .option("--json", "the result as one line of JSON on standard output")
    .option("--junit <file>", "the verdict as JUnit XML", read.output("--junit"))
    .option("--strict", "inconclusive counts as failed: exit 1, and a failure in JUnit XML")
    .option(
      "--key-file <file>",
      "the keys where the spec seals or signs (default: FAULTLINE_KEY_FILE, or out of the seed)",
      read.path("--key-file"),
    )
    .option("--exchanges <file>", "one JSON line for each message", read.output("--exchanges"))
    .option("--check-determinism", "simulated: run twice, and compare every event")
    .option(
      "--capture <file>",
      "the packets of the run as pcapng, for Wireshark",
      read.output("--capture"),
    )
    .action(async (named: string, flags: RunFlags) => {
      finish(await run(system, named, flags));
    });
}
