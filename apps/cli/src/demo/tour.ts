/**
 * The demo's tour: every scenario over every transport it is made for, a few at once.
 *
 * Most of a run is waiting (delays, timeouts), so several share two cores well; the bound keeps
 * the latencies they measure their own. Results come back in the order of the list, whatever
 * order they ended in.
 */
import type { FullSpec, Result, Scenario } from "@faultline/experiment";

import { ToolError } from "../exit.ts";
import { latencyUsOf } from "../output/latency.ts";
import { LatencyPicture } from "../output/picture.ts";
import type { ApiClient, RunProgress, RunRequest } from "./api-client.ts";
import { problemsOf } from "./check.ts";

/** One stop of the tour. */
export interface Stop {
  readonly scenario: Scenario;
  readonly transport: string;
}

/** What a stop came to. */
export interface Visit {
  readonly stop: Stop;
  readonly result: Result;
  readonly picture: LatencyPicture;
  /** What is wrong with it; empty when it is as it should be. */
  readonly problems: readonly string[];
}

/** What the tour came to. */
export interface Journey {
  /** In the order of the stops. */
  readonly visits: readonly Visit[];
  /** A line for each stop that gave no result. */
  readonly failures: readonly string[];
}

/** How the tour is made. */
export interface TourOptions {
  readonly api: ApiClient;
  /** What every run is asked for beside its scenario: the scenario's own where left out. */
  readonly choice: Pick<RunRequest, "mode" | "seed">;
  /** Runs at once. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
  onProgress(stop: Stop, progress: RunProgress): void;
  onVisit(visit: Visit): void;
}

async function pictureOf(api: ApiClient, id: string): Promise<LatencyPicture> {
  const picture = new LatencyPicture();
  for await (const line of api.exchanges(id)) {
    const took = latencyUsOf(line);
    if (took !== undefined) picture.add(took);
  }
  return picture;
}

async function visit(stop: Stop, options: TourOptions): Promise<Visit> {
  const { api, choice } = options;
  const { name, expect } = stop.scenario;
  const started = await api.start({ scenario: name, transport: stop.transport, ...choice });
  try {
    const run = await api.follow(started.id, (progress) => options.onProgress(stop, progress));
    if (run.result === null) {
      const why = run.error?.detail ?? run.error?.title ?? "no reason given";
      throw new ToolError(`the run is ${run.status}: ${why}`);
    }
    const picture = await pictureOf(api, run.id);
    return { stop, result: run.result, picture, problems: problemsOf(run.result, expect) };
  } catch (error) {
    if (options.signal.aborted) await api.cancel(started.id);
    throw error;
  }
}

/** A rough measure of how long a run will take, from what its spec makes messages wait for. */
function waitMsOf({ faults, phases, workload, client }: FullSpec): number {
  const delays = faults.map((fault) =>
    fault.kind === "delay" ? fault.delayMs + fault.jitterMs : 0,
  );
  const passing = (phases ?? []).reduce((sum, { durationMs }) => sum + durationMs, 0);
  const planned =
    workload.ratePerSecond === null ? 0 : (workload.messages / workload.ratePerSecond) * 1000;
  return Math.max(0, ...delays, passing, planned) + client.attemptTimeoutMs / 1000;
}

/** The order to start in: the longest first, so that none is left to run alone at the end. */
function longestFirst(stops: readonly Stop[]): number[] {
  const waits = stops.map(({ scenario }) => waitMsOf(scenario.spec));
  return stops.map((_, at) => at).toSorted((a, b) => (waits[b] ?? 0) - (waits[a] ?? 0));
}

/**
 * Makes every stop; one that fails does not keep the others from being made.
 *
 * After an abort the journey holds what was finished by then.
 *
 * @throws only what is a bug
 */
export async function tour(stops: readonly Stop[], options: TourOptions): Promise<Journey> {
  const visits: (Visit | undefined)[] = stops.map(() => undefined);
  const failures: string[] = [];
  const waiting = longestFirst(stops);
  const walk = async (): Promise<void> => {
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      if (options.signal.aborted) return;
      const stop = stops[at] as Stop;
      try {
        const done = await visit(stop, options);
        visits[at] = done;
        options.onVisit(done);
      } catch (error) {
        if (options.signal.aborted) return;
        if (!(error instanceof ToolError)) throw error;
        failures.push(`${stop.scenario.name} over ${stop.transport}: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, walk));
  return { visits: visits.filter((one) => one !== undefined), failures };
}
