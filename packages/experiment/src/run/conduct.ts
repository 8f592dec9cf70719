/**
 * One run in a world that is already there, from the first message to the result.
 *
 *   drive ─► last records ─► close clients ─► server's counts ─► result
 *
 * This file owns the order of things and what can end a run early: the caller's signal, the wall
 * limit, a world that breaks. The first two give a partial result; the last has no honest numbers
 * to give and rejects. The road not taken: a result with zeros in it.
 */
import type { Client, ClientStats } from "@faultline/client";
import { sessionToHex } from "@faultline/protocol";
import { planBodies } from "../plan/bodies.ts";
import { declaredFaults, faultPlan } from "../plan/faults.ts";
import { phaseStartsUs } from "../plan/schedule.ts";
import { sessionOf } from "../plan/streams.ts";
import { ABORTED } from "../result/aborted.ts";
import { assembleResult, type Measured } from "../result/assemble.ts";
import type { Result } from "../result/types.ts";
import { replayable } from "../scenarios/scenarios.ts";
import type { FullSpec } from "../spec/types.ts";
import { Driver, type Settled } from "./driver.ts";
import { Feed } from "./feed.ts";
import { measure } from "./measure.ts";
import { noteSettled } from "./note.ts";
import type { World } from "./port.ts";
import { Recoveries } from "./recovery.ts";
import type { RunOptions } from "./run.ts";
import { Tally } from "./tally.ts";

/** How long a run, or all runs of a series, may take where nobody says it: an hour. */
export const WALL_MS_MAX = 3_600_000;
const PROGRESS_CALLS = 100;

/** A run that is over: its result, and what that was made of. */
export interface Conducted {
  readonly result: Result;
  readonly measured: Measured;
}

/** Conducts a run; the world stays open and is the caller's to close. */
export function conduct(
  spec: FullSpec,
  world: World,
  options: RunOptions = {},
): Promise<Conducted> {
  return new Run(spec, world, options).go();
}

/** One run, once. */
class Run {
  readonly #spec: FullSpec;
  readonly #world: World;
  readonly #options: RunOptions;
  readonly #clients: readonly Client[];
  readonly #startUs: number;
  readonly #tally = new Tally();
  readonly #phases: readonly Tally[];
  readonly #recoveries: Recoveries;
  readonly #driver: Driver;
  readonly #feed: Feed | undefined;
  readonly #interrupted: string[] = [];
  readonly #cleanups: (() => void)[] = [];
  #settled = 0;
  #over = false;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(spec: FullSpec, world: World, options: RunOptions) {
    this.#spec = spec;
    this.#world = world;
    this.#options = options;
    this.#phases = (spec.phases ?? []).map(() => new Tally());
    this.#clients = Array.from({ length: spec.workload.clients }, (_, client) =>
      world.createClient(client),
    );
    this.#startUs = world.clock.nowUs();
    this.#recoveries = new Recoveries({ spec, startUs: this.#startUs, phases: this.#phases });
    this.#feed = this.#createFeed();
    this.#driver = new Driver({
      spec,
      clock: world.clock,
      senders: this.#clients,
      bodies: planBodies(spec),
      startUs: this.#startUs,
      onSubmit: (client, message) => this.#feed?.open(client, message),
      onSettled: (settled) => this.#onSettled(settled),
      onIdle: () => this.#end(),
    });
  }

  async go(): Promise<Conducted> {
    const { messages } = this.#spec.workload;
    try {
      await this.#drive();
    } finally {
      for (const cleanup of this.#cleanups) cleanup();
    }
    if (this.#feed !== undefined) await this.#world.until(this.#feed.finish());
    const clients = await this.#closeClients();
    const unsent = messages - this.#driver.submitted;
    this.#tally.reject(unsent);
    this.#options.onProgress?.({ done: this.#settled, total: messages });
    const counted = {
      spec: this.#spec,
      tally: this.#tally,
      phases: this.#phases,
      clients,
      server: await this.#world.stats(),
      recovery: this.#recoveries.results(),
      interrupted: this.#interrupted,
      digest: this.#world.digest(),
    };
    // Last: what it still fetches shall not be in the digest.
    const wire = await this.#world.capture(this.#options.onCapture);
    const measured = measure({ ...counted, wire });
    const envelope = this.#world.envelope();
    return {
      measured,
      result: assembleResult({ spec: this.#spec, measured, envelope, scenarios: replayable }),
    };
  }

  async #drive(): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = () => {
        this.#over = true;
        resolve();
      };
      this.#fail = (error) => {
        this.#over = true;
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      this.#world.lost.then(reject, reject);
      this.#schedulePhases();
      this.#watch();
      if (this.#interrupted.length === 0) this.#resume();
    });
    // Both: the last slice may fail after the last message has settled in it.
    await Promise.all([ended, this.#world.advance(() => this.#over)]);
  }

  #resume(): void {
    try {
      this.#world.within(() => this.#driver.resume());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A capture says which faults met its packets. */
  get #wantsRecords(): boolean {
    return this.#spec.capture && declaredFaults(this.#spec).length > 0;
  }

  #createFeed(): Feed | undefined {
    const { onExchange } = this.#options;
    const spec = this.#spec;
    // A simulated run must not differ by who looks on, and fetching is part of it.
    if (onExchange === undefined && spec.mode === "real" && !this.#wantsRecords) return undefined;
    return new Feed({
      codec: spec.codec,
      stream: spec.transport !== "udp",
      sessions: this.#clients.map((_, client) => sessionToHex(sessionOf(spec.seed, client))),
      faultIds: declaredFaults(spec).map(({ id }) => id),
      startUs: this.#startUs,
      onLine: onExchange,
      world: this.#world,
      onFull: () => this.#driver.pause(),
      onRoom: () => this.#resume(),
      onError: (error) => this.#fail(error),
    });
  }

  #onSettled(settled: Settled): void {
    noteSettled(this.#world, settled);
    this.#tally.count(settled);
    if (this.#spec.phases?.[settled.phase]?.role !== "warm-up") this.#tally.time(settled);
    this.#phases[settled.phase]?.add(settled);
    this.#recoveries.add(settled);
    this.#feed?.settle(settled);
    this.#settled += 1;
    const { onProgress } = this.#options;
    const total = this.#spec.workload.messages;
    const step = Math.max(1, Math.floor(total / PROGRESS_CALLS));
    if (onProgress !== undefined && this.#settled % step === 0 && this.#settled < total) {
      onProgress({ done: this.#settled, total });
    }
  }

  /** Changes the faults as each phase begins. The first is in force already. */
  #schedulePhases(): void {
    const { clock } = this.#world;
    phaseStartsUs(this.#spec.phases ?? []).forEach((startUs, phase) => {
      if (phase === 0) return;
      const timer = clock.setTimer(this.#startUs + startUs, () => {
        this.#world
          .setFaults(faultPlan(this.#spec, phase))
          .catch((error: unknown) => this.#fail(error));
      });
      this.#cleanups.push(() => timer.cancel());
    });
  }

  /** Stops at the caller's signal and at the wall limit. */
  #watch(): void {
    const { signal, limits } = this.#options;
    const wallMsMax = limits?.wallMsMax ?? WALL_MS_MAX;
    const timer = this.#world.wallTimer(wallMsMax, () =>
      this.#interrupt(`stopped at the wall limit of ${wallMsMax} ms`),
    );
    this.#cleanups.push(() => timer.cancel());
    if (signal === undefined) return;
    const onAbort = (): void => this.#interrupt(ABORTED);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    this.#cleanups.push(() => signal.removeEventListener("abort", onAbort));
  }

  #interrupt(why: string): void {
    const { messages } = this.#spec.workload;
    this.#interrupted.push(`${why}: ${this.#settled} of ${messages} messages had settled`);
    this.#driver.stop();
    // settles what is open, which makes the driver idle
    for (const client of this.#clients)
      client.close({ graceMs: 0 }).catch((error: unknown) => this.#fail(error));
  }

  async #closeClients(): Promise<ClientStats[]> {
    await this.#world.until(Promise.all(this.#clients.map((client) => client.close())));
    return this.#clients.map((client) => client.stats());
  }
}
