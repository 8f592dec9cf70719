/**
 * The composition root of a simulated run: a virtual clock and a virtual network.
 *
 * The same client, server core, codec and faults as on sockets; only what they are given differs.
 * Everything happens in one kernel on one thread, so a run is a function of its spec and seed.
 * The kernel is let go in slices of a fixed number of events: between two of them the caller may
 * abort, and what waits on a promise gets its turn, always at the same place in the run.
 *
 * Threads do not exist here: `server.workers` changes nothing, as it must not on sockets.
 */
import { createClient } from "@faultline/client";
import type { Clock } from "@faultline/protocol";
import { createServerCore, type ServerCore } from "@faultline/server";
import { Simulation, SimulationError } from "@faultline/simulation";
import { faultPlan } from "../plan/faults.ts";
import { clientOptions } from "../plan/policy.ts";
import type { FullSpec } from "../spec/types.ts";
import { RunError } from "./error.ts";
import type { Wall, World } from "./port.ts";

const PORT = 7_000;
const US_PER_MS = 1_000;
/** Events between two looks at the outside: some ten milliseconds of work. */
const SLICE_EVENTS = 20_000;

/** Builds the world of a spec. It lies still until it is told to go on. */
export function openSimulatedWorld(spec: FullSpec, wall: Wall): World {
  return new SimulatedWorld(spec, wall);
}

/** @see module */
class SimulatedWorld implements World {
  readonly clock: Clock;
  readonly lost: Promise<RunError> = new Promise(() => {});
  readonly #spec: FullSpec;
  readonly #wall: Wall;
  readonly #simulation: Simulation;
  readonly #kind: "stream" | "datagram";
  #core: ServerCore | undefined;
  #wallTimer: { readonly atMs: number; readonly run: () => void } | undefined;

  constructor(spec: FullSpec, wall: Wall) {
    this.#spec = spec;
    this.#wall = wall;
    this.#kind = spec.transport === "udp" ? "datagram" : "stream";
    this.#simulation = new Simulation({ seed: spec.seed });
    this.clock = this.#simulation.addNode("lab").clock;
    this.#simulation.addNode("server", {
      boot: (process) => {
        const core = createServerCore({
          clock: process.clock,
          codec: spec.codec,
          responder: spec.server.responder,
          plan: faultPlan(spec, spec.phases === null ? -1 : 0),
        });
        process.listen({ port: PORT, kind: this.#kind }, (link) => core.accept(link));
        this.#core = core;
      },
    });
  }

  createClient(client: number) {
    const node = this.#simulation.addNode(`client-${client}`);
    const dialer = node.process.dialer({ host: "server", port: PORT, kind: this.#kind });
    return createClient({ ...clientOptions(this.#spec, client), clock: node.clock, dialer });
  }

  async advance(done: () => boolean): Promise<void> {
    const { kernel } = this.#simulation;
    while (!done()) {
      const sliceEnd = kernel.events + SLICE_EVENTS;
      this.#run(() => done() || kernel.events >= sliceEnd);
      await this.#lookOutside();
    }
  }

  async until<T>(task: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    task.then(settle, settle);
    while (!settled) {
      await this.#lookOutside();
      if (!settled) this.#run(undefined);
    }
    return task;
  }

  wallTimer(afterMs: number, run: () => void): { cancel(): void } {
    this.#wallTimer = { atMs: this.#wall.elapsedMs() + afterMs, run };
    return { cancel: () => (this.#wallTimer = undefined) };
  }

  setFaults(plan: Parameters<World["setFaults"]>[0]): Promise<void> {
    this.#core?.setFaults(plan);
    return Promise.resolve();
  }

  takeRecords(): ReturnType<World["takeRecords"]> {
    return Promise.resolve(this.#core?.takeRecords() ?? []);
  }

  stats(): ReturnType<World["stats"]> {
    const core = this.#core;
    if (core === undefined) throw new RunError("world-failed", "The server has not booted");
    return Promise.resolve({ ...core.stats(), workerRestarts: 0 });
  }

  digest(): string {
    return this.#simulation.digest;
  }

  envelope(): ReturnType<World["envelope"]> {
    const envelope = this.#wall.envelope();
    const simulatedMs = this.#simulation.nowUs / US_PER_MS;
    const wallMs = Math.max(envelope.wallMs, 1);
    return { ...envelope, simulatedMsPerWallMs: Math.round(simulatedMs / wallMs) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** One slice, or one event. */
  #run(done: (() => boolean) | undefined): void {
    try {
      if (done === undefined) this.#simulation.kernel.step();
      else if (this.#simulation.run({ done }) === "idle") {
        throw new RunError("world-failed", "The simulation has nothing left to do before its end");
      }
    } catch (cause) {
      if (!(cause instanceof SimulationError)) throw cause;
      throw new RunError("world-failed", cause.message, cause);
    }
  }

  async #lookOutside(): Promise<void> {
    await this.#wall.breathe();
    const timer = this.#wallTimer;
    if (timer === undefined || this.#wall.elapsedMs() < timer.atMs) return;
    this.#wallTimer = undefined;
    timer.run();
  }
}
