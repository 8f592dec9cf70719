/**
 * Simulated runs on one core: events of the bare kernel, and whole exchanges through
 * `runExperiment`, where every frame is encoded, checked and decoded as on a socket.
 */
import { parseSpec, runExperiment, type RunOptions } from "@faultline/experiment";
import { Simulation } from "@faultline/simulation";

import { BareHeap } from "./bare-heap.ts";
import { simulateBare } from "./bare-simulation.ts";
import { type BenchCase, ratePerSecond } from "./case.ts";

const RUN_MS = 1500;
const TIMERS = 100;
const CLIENTS = 10;
/** One hour, the longest a spec may plan. */
const HOUR_S = 3600;
/** Of the replies. */
const LOSS = 0.2;

/** What a timer does: draws when it fires next (1 to 1024 µs) and asks for it. */
function keepTicking(nowUs: () => number, set: (atUs: number, run: () => void) => void): void {
  let state = 1;
  const tick = (): void => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    set(nowUs() + 1 + (state >>> 22), tick);
  };
  for (let timer = 0; timer < TIMERS; timer += 1) tick();
}

function kernelEvents(count: number): void {
  const simulation = new Simulation({ seed: 1 });
  const { clock } = simulation.addNode("timers");
  keepTicking(
    () => clock.nowUs(),
    (atUs, run) => clock.setTimer(atUs, run),
  );
  const { kernel } = simulation;
  simulation.run({ done: () => kernel.events >= count });
}

function heapEvents(count: number): void {
  const heap = new BareHeap();
  keepTicking(
    () => heap.nowUs,
    (atUs, run) => heap.schedule(atUs, run),
  );
  for (let event = 0; event < count; event += 1) heap.step();
}

/** Runs a simulated experiment of ten clients. @throws Error where a message was not delivered. */
async function simulate(
  messages: number,
  more: { readonly workload?: object; readonly faults?: object[] },
  options: RunOptions = {},
): Promise<void> {
  const parsed = parseSpec({
    specVersion: 1,
    name: "bench",
    mode: "simulated",
    seed: 1,
    client: { attemptsMax: 20, deadlineMs: 600_000 },
    ...more,
    workload: { messages, payloadBytes: 64, clients: CLIENTS, ...more.workload },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const { result } = await runExperiment(parsed.spec, options);
  const { delivered } = result.counts;
  if (delivered !== messages) throw new Error(`delivered ${delivered} of ${messages} messages`);
}

/** Exchanges of 64 bytes of which one reply in five is lost. */
export function lossyExchanges(messages: number, options?: RunOptions): Promise<void> {
  return simulate(messages, { faults: [{ id: "drop", kind: "loss", probability: LOSS }] }, options);
}

/** The same exchanges, simulated by hand. */
export function bareExchanges(messages: number): void {
  simulateBare({ messages, clients: CLIENTS, everyUs: 0, loss: LOSS });
}

/** Simulated seconds a wall second of an hour in which each client sends one message a second. */
async function hour(): Promise<number> {
  const startedMs = performance.now();
  await simulate(HOUR_S * CLIENTS, { workload: { ratePerSecond: CLIENTS } });
  return (HOUR_S * 1000) / (performance.now() - startedMs);
}

function bareHour(): Promise<number> {
  const startedMs = performance.now();
  simulateBare({ messages: HOUR_S * CLIENTS, clients: CLIENTS, everyUs: 1_000_000, loss: 0 });
  return Promise.resolve((HOUR_S * 1000) / (performance.now() - startedMs));
}

const nothing = (): Promise<void> => Promise.resolve();

/** What one core can simulate. */
export const simulatedCases: readonly BenchCase[] = [
  {
    name: "simulated-events",
    unit: "events/s",
    runs: 5,
    promise: "≥ 1 000 000",
    prepare: () =>
      Promise.resolve({
        subject: () => ratePerSecond(RUN_MS, kernelEvents),
        baseline: {
          name: "bare binary heap, 100 timers",
          measure: () => ratePerSecond(RUN_MS, heapEvents),
        },
        close: nothing,
      }),
  },
  {
    name: "simulated-exchanges",
    unit: "exchanges/s",
    runs: 5,
    promise: "≥ 60 000",
    prepare: () =>
      Promise.resolve({
        subject: () => ratePerSecond(RUN_MS, (messages) => lossyExchanges(messages)),
        baseline: {
          name: "hand-written: heap, frames, timeouts",
          measure: () => ratePerSecond(RUN_MS, bareExchanges),
        },
        close: nothing,
      }),
  },
  {
    name: "simulated-time",
    unit: "simulated s/s",
    runs: 5,
    promise: "≥ 5 000",
    prepare: () =>
      Promise.resolve({
        subject: hour,
        baseline: { name: "hand-written: heap, frames", measure: bareHour },
        close: nothing,
      }),
  },
];
