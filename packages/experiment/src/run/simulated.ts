/**
 * The composition root of a simulated run: a virtual clock and a virtual network.
 *
 * The same client, server core, codec and faults as on sockets; only what they are given differs.
 * Everything happens in one kernel on one thread, so a run is a function of its spec and seed.
 * The kernel is let go in slices of a fixed number of events: between two of them the caller may
 * abort, and what waits on a promise gets its turn, always at the same place in the run. Within a
 * slice the tripwire of seal/ is armed: what asks for real time or chance there, fails the run.
 *
 * Threads do not exist here: `server.workers` changes nothing, as it must not on sockets.
 */
import { type Client, type ClientOptions, createClient } from "@faultline/client";
import { type Clock, type SealKey, tapDialer } from "@faultline/protocol";
import { Simulation, SimulationError, type Trace } from "@faultline/simulation";
import type { CaptureRecorder } from "../capture/recorder.ts";
import { keysOf } from "../plan/keys.ts";
import { clientDialer, clientOptions } from "../plan/policy.ts";
import { clientRandom } from "../plan/streams.ts";
import { sealed } from "../seal/seal.ts";
import type { FullSpec } from "../spec/types.ts";
import { RunError } from "./error.ts";
import { noteRecords } from "./note.ts";
import type { Wall, World } from "./port.ts";
import { clientNode, linkOptions, schedulePartitions } from "./simulated-network.ts";
import { handshakeDialer } from "./simulated-tls.ts";
import { type CreateServerPart, SERVER, SimulatedServer } from "./simulated-server.ts";

const US_PER_MS = 1_000;
/** Events between two looks at the outside: some ten milliseconds of work. */
const SLICE_EVENTS = 20_000;
/** Turns of the program in which a promise may settle although nothing is left to happen. */
const IDLE_TURNS_MAX = 1_000;

/**
 * The parts under test, each of which may be somebody's own: a client that is being written, a
 * server core with a mistake in it. They get what the true ones get, and may hand it on.
 */
export interface SimulatedParts {
  /** Called once for each client of the run. @default `createClient` */
  readonly createClient: (options: ClientOptions) => Client;
  /** Called for every life of the server: a crash takes what it returned. @default `createServerCore` */
  readonly createServerCore: CreateServerPart;
}

/** What a simulated world may be given. */
export interface SimulatedOptions {
  /** @default the client and the server core that run on sockets too */
  readonly parts?: Partial<SimulatedParts>;
  /** Writes down every event. @default nothing is kept but the digest */
  readonly trace?: Trace;
  /** Takes down what wires carry. @default nobody */
  readonly recorder?: CaptureRecorder | undefined;
  /** @default what follows from the seed, where the spec seals or signs */
  readonly keys?: readonly SealKey[];
}

/** Builds the world of a spec. It lies still until it is told to go on. */
export function openSimulatedWorld(
  spec: FullSpec,
  wall: Wall,
  options: SimulatedOptions = {},
): World {
  return sealed(() => new SimulatedWorld(spec, wall, options));
}

/** @see module */
class SimulatedWorld implements World {
  readonly clock: Clock;
  readonly lost: Promise<RunError> = new Promise(() => {});
  readonly #spec: FullSpec;
  readonly #wall: Wall;
  readonly #keys: readonly SealKey[] | undefined;
  readonly #simulation: Simulation;
  readonly #kind: "stream" | "datagram";
  readonly #createClient: SimulatedParts["createClient"];
  readonly #server: SimulatedServer;
  readonly #recorder: CaptureRecorder | undefined;
  #wallTimer: { readonly atMs: number; readonly run: () => void } | undefined;

  constructor(spec: FullSpec, wall: Wall, { keys, parts = {}, recorder, trace }: SimulatedOptions) {
    this.#spec = spec;
    this.#keys = keysOf(spec, keys);
    this.#wall = wall;
    this.#kind = spec.transport === "udp" ? "datagram" : "stream";
    this.#simulation = new Simulation({
      seed: spec.seed,
      link: linkOptions(spec.network),
      stream: { congestionControl: spec.network?.congestionControl ?? "none" },
      ...(trace === undefined ? {} : { trace }),
    });
    this.clock = this.#simulation.addNode("lab").clock;
    this.#createClient = parts.createClient ?? createClient;
    this.#recorder = recorder;
    const create = parts.createServerCore;
    this.#server = new SimulatedServer(spec, { create, keys: this.#keys, tap: recorder?.behind });
    this.#server.install(this.#simulation);
    schedulePartitions(spec, this.#simulation);
  }

  createClient(client: number): Client {
    const node = this.#simulation.addNode(clientNode(client));
    const { clock } = node;
    const tap = this.#recorder?.wire;
    const bare = node.process.dialer({ ...SERVER, kind: this.#kind });
    const wire = tap === undefined ? bare : tapDialer(bare, { tap, clock });
    const opened = this.#spec.transport === "tls" ? handshakeDialer(wire) : wire;
    const keys = this.#keys;
    const random = clientRandom(this.#spec.seed, client);
    const dialer = clientDialer(this.#spec, opened, { clock, ordinal: client, keys, random });
    const options = { ...clientOptions(this.#spec, client, keys), clock, dialer };
    return this.within(() => this.#createClient(options));
  }

  within<T>(run: () => T): T {
    return sealed(run);
  }

  note(word: number): void {
    this.#simulation.kernel.note(word);
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
    for (let idle = 0; !settled;) {
      await this.#lookOutside();
      if (settled) break;
      idle = this.#run(undefined) ? 0 : idle + 1;
      if (idle > IDLE_TURNS_MAX) throw stalled();
    }
    return task;
  }

  wallTimer(afterMs: number, run: () => void): { cancel(): void } {
    this.#wallTimer = { atMs: this.#wall.elapsedMs() + afterMs, run };
    return { cancel: () => (this.#wallTimer = undefined) };
  }

  setFaults(plan: Parameters<World["setFaults"]>[0]): Promise<void> {
    this.#server.setFaults(plan);
    return Promise.resolve();
  }

  takeRecords(): ReturnType<World["takeRecords"]> {
    const records = this.#server.takeRecords();
    noteRecords(this, records);
    this.#recorder?.note(records);
    return Promise.resolve(records);
  }

  takeEndings(): ReturnType<World["takeEndings"]> {
    return Promise.resolve(this.#server.takeEndings());
  }

  stats(): ReturnType<World["stats"]> {
    return Promise.resolve({ ...this.#server.stats(), workerRestarts: 0 });
  }

  digest(): string {
    return this.#simulation.digest;
  }

  capture(take: Parameters<World["capture"]>[0]): ReturnType<World["capture"]> {
    if (this.#recorder === undefined) return Promise.resolve(null);
    this.#recorder.note(this.#server.takeRecords());
    return Promise.resolve(this.#recorder.finish({ dropped: 0, originUs: 0 }, take));
  }

  envelope(): ReturnType<World["envelope"]> {
    const envelope = this.#wall.envelope();
    const simulatedMs = this.#simulation.nowUs / US_PER_MS;
    const wallMs = Math.max(envelope.wallMs, 1);
    return { ...envelope, simulatedMs, simulatedMsPerWallMs: Math.round(simulatedMs / wallMs) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** One slice, or one event. @returns false when there was no event left. */
  #run(done: (() => boolean) | undefined): boolean {
    try {
      if (done === undefined) return sealed(() => this.#simulation.kernel.step());
      if (sealed(() => this.#simulation.run({ done })) === "idle") throw stalled();
      return true;
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

function stalled(): RunError {
  return new RunError("stalled", "The simulation has nothing left to do before its end");
}
