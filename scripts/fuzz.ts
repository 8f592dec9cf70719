/**
 * `pnpm fuzz`: random and damaged bytes for every decoder, bounded by time and seeded.
 *
 * Progress goes to standard error, one line of result to standard output. What is promised stands
 * in fuzz/judge.ts, and for `--forgeries` in fuzz/siege.ts.
 */
import { availableParallelism } from "node:os";
import process from "node:process";
import { Worker } from "node:worker_threads";
import type { FuzzFind, FuzzReport, FuzzTask } from "./fuzz/worker.ts";
import { Siege } from "./fuzz/siege.ts";
import { tryInput } from "./fuzz/worker.ts";
import { readOptions as read, wholeNumber, WRONG_OPTION } from "./options.ts";

const USAGE = `Usage: npx -y pnpm@12 fuzz [options]

Gives random and damaged bytes to every decoder. Exit code 0: nothing found; 1: a promise was
broken, with seed, number and bytes; 3: a wrong option.

  --seconds N   how long (default 60)
  --inputs N    how many at most (default: no bound but time)
  --seed N      which inputs (default 1)
  --workers N   threads (default: one a core)
  --input N     that one input again
  --forgeries N lay siege to a server with keys instead, with so many frames
  --json        one JSON object on standard output`;

type Setting = "seconds" | "inputs" | "seed" | "workers" | "input" | "forgeries";

function readOptions(): Record<Setting, number> & { json: boolean } {
  const values = read(USAGE, {
    seconds: { type: "string", default: "60" },
    inputs: { type: "string", default: String(Number.MAX_SAFE_INTEGER) },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: String(availableParallelism()) },
    input: { type: "string", default: "-1" },
    forgeries: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  });
  const whole = (name: Setting, min: number): number =>
    wholeNumber({ doing: "fuzz", name, text: values[name] }, min);
  return {
    seconds: whole("seconds", 1),
    inputs: whole("inputs", 1),
    seed: whole("seed", 0),
    workers: whole("workers", 1),
    input: whole("input", -1),
    forgeries: whole("forgeries", 0),
    json: values.json,
  };
}

/** Runs one thread; resolves with its last report. */
function runThread(task: FuzzTask, onReport: (report: FuzzReport) => void): Promise<FuzzReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./fuzz/worker.ts", import.meta.url), { workerData: task });
    worker.on("message", (report: FuzzReport) => {
      onReport(report);
      if (report.isLast) resolve(report);
    });
    worker.on("error", reject);
  });
}

function total(reports: readonly FuzzReport[], pick: (report: FuzzReport) => number): number {
  return reports.reduce((sum, report) => sum + pick(report), 0);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.input >= 0) {
    const find = tryInput(options.seed, options.input, { accepted: 0, refused: 0 });
    finish(
      find === undefined ? [] : [find],
      `fuzz: input ${options.input} of seed ${options.seed}`,
    );
    return;
  }
  if (options.forgeries > 0) {
    besiege(options.seed, options.forgeries, options.json);
    return;
  }
  const { seed, workers, seconds } = options;
  const startMs = performance.now();
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const latest: FuzzReport[] = [];
  let shownMs = startMs;
  const show = (): void => {
    const nowMs = performance.now();
    if (nowMs - shownMs < 1000) return;
    shownMs = nowMs;
    const inputs = total(latest, (report) => report.inputs);
    console.error(`${Math.round((nowMs - startMs) / 1000)} s  ${grouped(inputs)} inputs`);
  };
  const threads = Array.from({ length: workers }, (_, first) =>
    runThread(
      { seed, first, step: workers, inputsMax: options.inputs, seconds, stop },
      (report) => {
        latest[first] = report;
        show();
      },
    ),
  );
  const reports = await Promise.all(threads);
  const tookS = (performance.now() - startMs) / 1000;
  const inputs = total(reports, (report) => report.inputs);
  const finds = reports.flatMap((report) => report.find ?? []);
  const inputsPerSecond = Math.round(inputs / tookS);
  if (options.json) {
    const accepted = total(reports, (report) => report.accepted);
    const refused = total(reports, (report) => report.refused);
    const took = Number(tookS.toFixed(3));
    console.log(
      JSON.stringify({
        seed,
        workers,
        inputs,
        seconds: took,
        inputsPerSecond,
        accepted,
        refused,
        finds,
      }),
    );
    process.exitCode = finds.length === 0 ? 0 : 1;
    return;
  }
  finish(
    finds,
    `fuzz: ${grouped(inputs)} inputs in ${tookS.toFixed(1)} s (${grouped(inputsPerSecond)} a second), ${workers} threads, seed ${seed}`,
  );
}

/** Lays siege to a server with keys; the first broken promise ends it. */
function besiege(seed: number, forgeries: number, json: boolean): void {
  const siege = new Siege(seed);
  const startMs = performance.now();
  let done = 0;
  let broken: string | undefined;
  for (; done < forgeries && broken === undefined; done++) {
    try {
      siege.attack();
    } catch (error) {
      broken = error instanceof Error ? error.message : String(error);
    }
    if (done % 100_000 === 99_999) console.error(`${grouped(done + 1)} frames`);
  }
  const { attacks, exchanges } = siege.tally;
  const seconds = Number(((performance.now() - startMs) / 1000).toFixed(1));
  const found = broken === undefined ? "none accepted, none answered" : `broken: ${broken}`;
  if (json)
    console.log(JSON.stringify({ seed, frames: done, seconds, attacks, exchanges, broken }));
  else {
    for (const [kind, count] of Object.entries(attacks))
      console.error(`  ${kind} ${grouped(count)}`);
    const undisturbed = `${grouped(exchanges)} true exchanges`;
    console.log(
      `siege: ${grouped(done)} frames in ${seconds} s, ${undisturbed}, seed ${seed}: ${found}`,
    );
  }
  process.exitCode = broken === undefined ? 0 : 1;
}

function finish(finds: readonly FuzzFind[], line: string): void {
  for (const find of finds) {
    console.error(`${find.promise}\n  bytes ${find.hex}`);
    console.error(`  again: npx -y pnpm@12 fuzz --seed ${find.seed} --input ${find.input}`);
  }
  console.log(`${line}: ${finds.length === 0 ? "nothing found" : `${finds.length} found`}`);
  process.exitCode = finds.length === 0 ? 0 : 1;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = WRONG_OPTION;
}
