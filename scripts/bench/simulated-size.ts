/**
 * What a long simulated run costs beside a short one: time for each exchange, and memory.
 */
import { fork } from "node:child_process";
import { once } from "node:events";

import type { BenchCase, Measure } from "./case.ts";
import { bareExchanges, lossyExchanges } from "./simulated.ts";

const FEW = 1000;
const MANY = 1_000_000;
/** Runs of a few messages that make one measurement: some are over in ten milliseconds. */
const SHORT_RUNS = 50;

async function microsecondsEach(
  work: (messages: number) => Promise<void> | void,
  messages: number,
  runs: number,
): Promise<number> {
  const startedMs = performance.now();
  for (let run = 0; run < runs; run += 1) await work(messages);
  return ((performance.now() - startedMs) * 1000) / (messages * runs);
}

/** What an exchange of a million costs, in those of a thousand. */
function growth(work: (messages: number) => Promise<void> | void): Measure {
  return async () => {
    await microsecondsEach(work, FEW, SHORT_RUNS);
    const few = await microsecondsEach(work, FEW, SHORT_RUNS);
    return (await microsecondsEach(work, MANY, 1)) / few;
  };
}

/** The most memory that a process could not give up in the midst of one run of so many messages. */
function heldBytes(messages: number): Measure {
  return async () => {
    const child = fork(new URL("./simulated-child.ts", import.meta.url), [String(messages)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      execArgv: ["--expose-gc"],
    });
    const [{ value }] = (await once(child, "message")) as [{ value: number }];
    return value;
  };
}

const nothing = (): Promise<void> => Promise.resolve();

/** Long runs against short ones. */
export const simulatedSizeCases: readonly BenchCase[] = [
  {
    name: "simulated-growth",
    unit: "times the cost of an exchange at 1 000, at 1 000 000",
    runs: 1,
    cold: true,
    promise: "< 1.5",
    prepare: () =>
      Promise.resolve({
        subject: growth((messages) => lossyExchanges(messages)),
        baseline: { name: "hand-written: heap, frames, timeouts", measure: growth(bareExchanges) },
        close: nothing,
      }),
  },
  {
    name: "simulated-memory",
    unit: "bytes held at most, 1 000 000 messages",
    runs: 1,
    cold: true,
    promise: "bounded: ratio < 1.5",
    prepare: () =>
      Promise.resolve({
        subject: heldBytes(MANY),
        baseline: { name: "10 000 messages", measure: heldBytes(10_000) },
        close: nothing,
      }),
  },
];
