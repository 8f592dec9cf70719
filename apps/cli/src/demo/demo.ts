/**
 * `pnpm demo`: the REST API in this process, every built-in scenario through it, one table.
 *
 * The API listens on a free loopback port and keeps its store in memory: the demo leaves nothing
 * behind. Standard output is the table, or with `--json` one array of results and nothing else;
 * progress goes to standard error.
 */
import type { Command } from "commander";

import { startApi } from "@faultline/api";
import type { Api } from "@faultline/api";
import { type Mode, type Scenario, transportsIn } from "@faultline/experiment";

import { ExitCode, ToolError } from "../exit.ts";
import { listenForStop } from "../input/stop.ts";
import { readers, SEED_MAX } from "../options/values.ts";
import { duration } from "../output/numbers.ts";
import { bar } from "../output/picture.ts";
import { Progress } from "../output/progress.ts";
import { verdictPaint } from "../output/verdict.ts";
import { styleFor } from "../output/style.ts";
import { createCommand, runProgram } from "../program.ts";
import { reasonOf } from "../reasons.ts";
import type { System } from "../system.ts";
import { ApiClient } from "./api-client.ts";
import { demoSummary, demoTable } from "./table.ts";
import { tour } from "./tour.ts";
import type { Journey, Stop, TourOptions, Visit } from "./tour.ts";

interface DemoFlags {
  readonly json?: boolean;
  readonly mode?: Mode;
  readonly seed?: number;
}

/**
 * Runs at once. On sockets enough that waits overlap, few enough that two cores are not the
 * bottleneck; simulated runs never wait, and a thread more costs more than it saves.
 */
const RUNS_AT_ONCE: Readonly<Record<Mode, number>> = { real: 3, simulated: 2 };
const BAR_COLUMNS = 24;

function stopsOf(scenarios: readonly Scenario[], mode: Mode): Stop[] {
  return scenarios.flatMap((scenario) =>
    transportsIn(mode, scenario).map((transport) => ({ scenario, transport })),
  );
}

function choiceOf({ mode, seed }: DemoFlags): TourOptions["choice"] {
  return { ...(mode === undefined ? {} : { mode }), ...(seed === undefined ? {} : { seed }) };
}

async function openApi(runsAtOnceMax: number): Promise<Api> {
  try {
    return await startApi({ data: ":memory:", limits: { runsAtOnceMax } });
  } catch (error) {
    throw new ToolError(`Cannot start the API: ${reasonOf(error)}`, { cause: error });
  }
}

/** Progress of the whole tour: a bar by runs, the unfinished ones counted by their share. */
function watch(system: System, progress: Progress, stops: readonly Stop[]) {
  const nameOf = ({ scenario, transport }: Stop): string => `${scenario.name} over ${transport}`;
  const nameColumns = Math.max(...stops.map((stop) => nameOf(stop).length));
  const style = styleFor(system.stderr, system.env);
  const running = new Map<Stop, number>();
  let ended = 0;
  const draw = (): string => {
    const partly = [...running.values()].reduce((all, share) => all + share, 0);
    const names = [...running.keys()].map(
      ({ scenario, transport }) => `${scenario.name} ${transport}`,
    );
    const share = bar((ended + partly) / stops.length, BAR_COLUMNS, style);
    return `${share}  ${ended} of ${stops.length}  ${names.join(", ")}`;
  };
  return {
    onProgress: (stop: Stop, { done, total }: { done: number; total: number }) => {
      running.set(stop, total === 0 ? 0 : done / total);
      progress.status(draw);
    },
    onVisit: ({ stop, result, problems }: Visit) => {
      running.delete(stop);
      ended += 1;
      const place = `${String(ended).padStart(String(stops.length).length)}/${stops.length}`;
      const name = nameOf(stop).padEnd(nameColumns);
      const odd = problems.length === 0 ? "" : style.bad("  not as expected");
      progress.line(
        `${place}  ${name} ${verdictPaint(result.verdict, style)(result.verdict)}  ${style.dim(duration(result.envelope.wallMs))}${odd}`,
      );
      progress.status(draw);
    },
  };
}

async function demo(system: System, flags: DemoFlags): Promise<ExitCode> {
  const startedMs = system.nowMs();
  const mode = flags.mode ?? "real";
  const atOnce = RUNS_AT_ONCE[mode];
  const api = await openApi(atOnce);
  const progress = new Progress(system);
  const stop = listenForStop(system, () => progress.line("stopping"));
  try {
    const client = new ApiClient(api.url, stop.signal, (ms, signal) => system.sleep(ms, signal));
    const stops = stopsOf(await client.scenarios(), mode);
    progress.line(`${stops.length} runs through ${api.url}, ${atOnce} at a time`);
    const journey = await tour(stops, {
      api: client,
      choice: choiceOf(flags),
      atOnce,
      signal: stop.signal,
      ...watch(system, progress, stops),
    });
    progress.clear();
    const tookMs = system.nowMs() - startedMs;
    show(system, flags, { journey, stops: stops.length, tookMs });
    const { visits } = journey;
    const good = visits.filter(({ problems }) => problems.length === 0);
    return good.length === stops.length ? ExitCode.ok : ExitCode.fail;
  } catch (error) {
    // Stopped before there was anything to show.
    if (stop.signal.aborted) return ExitCode.fail;
    throw error;
  } finally {
    stop.dispose();
    await api.close();
  }
}

interface Outcome {
  readonly journey: Journey;
  /** How many visits there should be. */
  readonly stops: number;
  readonly tookMs: number;
}

function show(system: System, flags: DemoFlags, { journey, stops, tookMs }: Outcome): void {
  const { visits } = journey;
  const errors = styleFor(system.stderr, system.env);
  const summaryStyle = flags.json === true ? errors : styleFor(system.stdout, system.env);
  const summary = demoSummary(journey, { style: summaryStyle, tookMs, stops }).join("\n");
  if (flags.json === true) {
    system.stdout.write(`${JSON.stringify(visits.map(({ result }) => result))}\n`);
    system.stderr.write(`${summary}\n`);
    return;
  }
  const table = demoTable(visits, { style: summaryStyle, columnsMax: system.stdout.columns });
  const mode = flags.mode === "simulated" ? " --mode simulated" : "";
  const again = summaryStyle.dim(
    `one of them again: npx -y pnpm@12 faultline run corruption --transport udp${mode}`,
  );
  system.stdout.write(`\n${table.join("\n")}\n\n${summary}\n${again}\n`);
}

function build(system: System, finish: (code: ExitCode) => void): Command {
  const read = readers("run the demo");
  return createCommand(
    system,
    "demo",
    "Run every built-in scenario over every transport, through the REST API.",
  )
    .option("--json", "one JSON array of results on standard output, nothing else")
    .option(
      "--mode <mode>",
      "real: sockets, half a minute; simulated: a virtual network and clock, seconds",
      read.choice("--mode", ["real", "simulated"]),
    )
    .option(
      "--seed <n>",
      "the seed of every run (default: each scenario's own)",
      read.integer("--seed", 0, SEED_MAX),
    )
    .action(async (flags: DemoFlags) => {
      finish(await demo(system, flags));
    });
}

/** Runs the demo with the arguments of `system`. @returns 0 when every run was as expected, 1 when not, 3 when it could not run */
export function runDemo(system: System): Promise<ExitCode> {
  return runProgram(system, (finish) => build(system, finish));
}
