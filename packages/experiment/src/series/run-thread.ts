/**
 * The entry of a thread that carries out runs of a series, one after the other.
 *
 * It sees one spec in its life and is told indexes. Lines go out in batches; where too many of
 * them are not taken, the run lies still between two slices of its virtual time.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { ExchangeLine } from "../result/types.ts";
import type { Wall } from "../run/port.ts";
import { systemWall } from "../run/world.ts";
import { type CarryOptions, carryOut } from "./finished.ts";
import { LINES_AHEAD_MAX } from "./line-order.ts";
import { type ThreadOrder, type ThreadReport, type ThreadSetup, messageOf } from "./messages.ts";

const LINES_PER_BATCH = 256;

const port = parentPort;
if (port === null) throw new Error("run-thread.ts is the entry of a worker thread");

const setup = workerData as ThreadSetup;
/** Lines sent and not taken yet. */
let ahead = 0;
let goOn: () => void = () => {};

function report(message: ThreadReport): void {
  port?.postMessage(message);
}

/** The time outside, which does not go on while too many lines wait. */
function patientWall(): Wall {
  const wall = systemWall();
  return {
    ...wall,
    async breathe() {
      await wall.breathe();
      while (ahead > LINES_AHEAD_MAX) await new Promise<void>((resolve) => (goOn = resolve));
    },
  };
}

function optionsFor(index: number, send: (line: ExchangeLine) => void): CarryOptions {
  let told = 0;
  return {
    wall: patientWall(),
    ...(setup.lines ? { onExchange: send } : {}),
    ...(setup.wallMsMax === undefined ? {} : { limits: { wallMsMax: setup.wallMsMax } }),
    ...(setup.keys === undefined ? {} : { keys: setup.keys }),
    onProgress({ done }) {
      if (done - told < setup.progressStep) return;
      told = done;
      report({ report: "progress", index, done });
    },
  };
}

async function run(index: number): Promise<void> {
  let lines: ExchangeLine[] = [];
  const flush = (): void => {
    if (lines.length === 0) return;
    ahead += lines.length;
    report({ report: "lines", index, lines });
    lines = [];
  };
  const options = optionsFor(index, (line) => {
    lines.push(line);
    if (lines.length >= LINES_PER_BATCH) flush();
  });
  try {
    const finished = await carryOut(setup.spec, index, options);
    flush();
    if (finished === undefined) report({ report: "failed", index, message: "out of time" });
    else report({ report: "finished", run: finished });
  } catch (error) {
    flush();
    report({ report: "failed", index, message: messageOf(error) });
  }
}

port.on("message", (order: ThreadOrder) => {
  switch (order.order) {
    case "run":
      void run(order.index);
      return;
    case "lines-taken":
      ahead -= order.count;
      if (ahead <= LINES_AHEAD_MAX) goOn();
      return;
    default:
      order satisfies never;
  }
});
