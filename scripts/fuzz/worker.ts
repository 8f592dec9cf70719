/**
 * One thread of the fuzzer: every n-th input, until its time or its share is used up.
 *
 * Stops at the first find and sends it as seed, number and bytes: enough to have it again.
 */
import { parentPort, workerData } from "node:worker_threads";
import { drawsOf, inputOf } from "./inputs.ts";
import { judge } from "./judge.ts";

/** What a thread is told. */
export interface FuzzTask {
  readonly seed: number;
  /** First input, and the distance to the next. */
  readonly first: number;
  readonly step: number;
  /** Inputs are numbered below this. */
  readonly inputsMax: number;
  readonly seconds: number;
  /** One integer that all threads share: no longer 0 once one of them has found something. */
  readonly stop: Int32Array;
}

/** An input that broke a promise. */
export interface FuzzFind {
  readonly seed: number;
  readonly input: number;
  readonly promise: string;
  readonly hex: string;
}

/** What a thread tells, about four times a second and at its end. */
export interface FuzzReport {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  readonly find: FuzzFind | undefined;
  readonly isLast: boolean;
}

const REPORT_MS = 250;
/** Inputs between two looks at the clock. */
const BATCH = 512;

function run(task: FuzzTask): void {
  const tally = { accepted: 0, refused: 0 };
  const startMs = performance.now();
  let reportMs = startMs;
  let inputs = 0;
  let find: FuzzFind | undefined;
  let number = task.first;
  const isDone = (nowMs: number): boolean =>
    Atomics.load(task.stop, 0) !== 0 ||
    number >= task.inputsMax ||
    nowMs - startMs >= task.seconds * 1000;
  for (let nowMs = startMs; !isDone(nowMs); nowMs = performance.now()) {
    for (let turn = 0; turn < BATCH && number < task.inputsMax && find === undefined; turn++) {
      find = tryInput(task.seed, number, tally);
      inputs++;
      number += task.step;
    }
    if (find !== undefined) Atomics.store(task.stop, 0, 1);
    if (nowMs - reportMs >= REPORT_MS) {
      reportMs = nowMs;
      parentPort?.postMessage({ inputs, ...tally, find: undefined, isLast: false });
    }
  }
  parentPort?.postMessage({ inputs, ...tally, find, isLast: true });
}

/** Tries one input; what it finds can be had again from the same two numbers. */
export function tryInput(
  seed: number,
  number: number,
  tally: { accepted: number; refused: number },
): FuzzFind | undefined {
  const input = inputOf(drawsOf(seed, number));
  try {
    judge(input, tally);
    return undefined;
  } catch (error) {
    const promise = error instanceof Error ? error.message : String(error);
    return { seed, input: number, promise, hex: Buffer.from(input.bytes).toString("hex") };
  }
}

if (parentPort !== null) run(workerData as FuzzTask);
