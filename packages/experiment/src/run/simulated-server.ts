/**
 * The server of a simulated run through all its lives.
 *
 *   boot ─► core ─► crash ─► (what it counted and proved is kept) ─► boot ─► …
 *
 * A crash takes the core. The memory of executed operations and what they did go with it or, where the
 * spec says `kept`, lie on a disk: both or neither. One that is lost begins a new life, of which the
 * clients are told. Faults are of the network and not of the process: the plan in force outlives it,
 * but what its faults remember (buckets, `countMax`, ends of streams) begins anew with the chain of
 * the next life.
 */
import type { FaultPlan } from "@faultline/faults";
import { nextLifeTag, type SealKey } from "@faultline/protocol";
import {
  type CoreStats,
  createEntrance,
  createReplyMemory,
  createResponder,
  createServerCore,
  FIRST_LIFE,
  type KeyOptions,
  mergeStats,
  type ReplyMemory,
  type Responder,
  type ServerCore,
  type ServerCoreOptions,
  type ServerEnding,
  type ServerFaultRecord,
  withoutGauges,
} from "@faultline/server";
import type { WireTap, Link, LinkEvents } from "@faultline/protocol";
import type { Boot, Simulation } from "@faultline/simulation";
import { faultPlan } from "../plan/faults.ts";
import { pathSecret, serverRandom } from "../plan/streams.ts";
import { runServerLimits } from "../plan/server-limits.ts";
import type { FullSpec } from "../spec/types.ts";
import { acceptHandshakes } from "./simulated-tls.ts";

/** As much of a server core as a simulated run needs. */
export type ServerPart = Pick<
  ServerCore,
  "accept" | "setFaults" | "stats" | "takeEndings" | "takeRecords"
> &
  Partial<Pick<ServerCore, "turnedAway">>;

/** Makes the core of one life. */
export type CreateServerPart = (options: ServerCoreOptions) => ServerPart;

/** Where the server is found: a port that nobody owns, so that no tool takes it for another protocol. */
export const SERVER = { host: "server", port: 61_000 } as const;
const US_PER_MS = 1_000;

/** What a simulated server may be given. */
export interface SimulatedServerParts {
  /** @default `createServerCore` */
  readonly create?: CreateServerPart | undefined;
  /** Secrets of peers. @default none */
  readonly keys?: readonly SealKey[] | undefined;
  /** Is told what passes behind the faults. @default nobody */
  readonly tap?: WireTap | undefined;
}

/** @see module */
export class SimulatedServer {
  readonly #spec: FullSpec;
  readonly #keys: KeyOptions;
  readonly #create: CreateServerPart;
  readonly #tap: WireTap | undefined;
  #plan: FaultPlan;
  #core: ServerPart | undefined;
  #memory: ReplyMemory = createReplyMemory({}, FIRST_LIFE);
  #responder: Responder;
  /** What responders had counted up to that are lost. */
  #countLost = 0;
  #lives = 0;
  #past: CoreStats[] = [];
  #records: ServerFaultRecord[] = [];
  #endings: ServerEnding[] = [];

  constructor(spec: FullSpec, { create = createServerCore, keys, tap }: SimulatedServerParts) {
    this.#spec = spec;
    this.#tap = tap;
    this.#keys = keys === undefined ? {} : { keys };
    this.#create = create;
    this.#responder = createResponder(spec.server.responder);
    this.#plan = faultPlan(spec, spec.phases === null ? -1 : 0);
  }

  /** Puts the server on a node of its own, with everything that will befall it. */
  install(simulation: Simulation): void {
    const node = simulation.addNode(SERVER.host, { boot: this.#boot });
    for (const { atMs, kind, connections, memory } of this.#spec.events) {
      simulation.at(Math.round(atMs * US_PER_MS), () => {
        const ends = (kind === "crash" || kind === "restart") && this.#core !== undefined;
        if (kind === "crash" || kind === "restart") node.crash({ connections });
        if (ends && memory === "lost") this.#loseMemory(simulation.nowUs);
        if (kind === "restart") node.restart();
        else if (kind === "pause") node.pause();
        else if (kind === "resume") node.resume();
      });
    }
  }

  setFaults(plan: FaultPlan): void {
    this.#plan = plan;
    this.#core?.setFaults(plan);
  }

  /** The fault records of all lives since the last call. */
  takeRecords(): ServerFaultRecord[] {
    const records = [...this.#records, ...(this.#core?.takeRecords() ?? [])];
    this.#records = [];
    return records;
  }

  /** The connections that ended since the last call. One that a crash took with it is not among them. */
  takeEndings(): ServerEnding[] {
    const endings = [...this.#endings, ...(this.#core?.takeEndings() ?? [])];
    this.#endings = [];
    return endings;
  }

  /** What all lives have counted together. */
  stats(): CoreStats {
    const now = this.#core === undefined ? [] : [this.#core.stats()];
    const sum =
      now.length === 1 && this.#past.length === 0 ? now[0]! : mergeStats([...now, ...this.#past]);
    return { ...sum, counter: this.#countLost + this.#responder.count };
  }

  #loseMemory(nowUs: number): void {
    const tag = nextLifeTag(this.#memory.life.tag);
    this.#memory = createReplyMemory({}, { tag, past: "lost", sinceUs: nowUs });
    this.#countLost += this.#responder.count;
    this.#responder = createResponder(this.#spec.server.responder);
  }

  readonly #boot: Boot = (process) => {
    const { seed, transport, codec } = this.#spec;
    const kind = transport === "udp" ? "datagram" : "stream";
    const core = this.#create({
      clock: process.clock,
      codec,
      responder: this.#responder,
      memory: this.#memory,
      plan: this.#plan,
      limits: runServerLimits(this.#spec),
      ...(this.#tap && { tap: this.#tap }),
      ...this.#keys,
    });
    const entrance = createEntrance({
      ...this.#keys,
      codec,
      clock: process.clock,
      random: serverRandom(seed, this.#lives++),
      secret: pathSecret(seed),
      accept: (link) => core.accept(link),
      turnedAway: (refusal, remote) => core.turnedAway?.(refusal, remote),
    });
    const enter = (link: Link): LinkEvents => entrance.accept(link);
    const accept = transport === "tls" ? acceptHandshakes(enter) : enter;
    process.listen({ port: SERVER.port, kind }, accept);
    this.#core = core;
    return () => {
      this.#past = [mergeStats([...this.#past, withoutGauges(core.stats())])];
      this.#records.push(...core.takeRecords());
      this.#endings.push(...core.takeEndings());
      this.#core = undefined;
    };
  };
}
