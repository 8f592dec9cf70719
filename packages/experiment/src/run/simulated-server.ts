/**
 * The server of a simulated run through all its lives.
 *
 *   boot ─► core ─► crash ─► (what it counted and proved is kept) ─► boot ─► …
 *
 * A crash takes the core with all its memory, the reply cache among it. Faults are of the network
 * and not of the process: the plan in force outlives it, but what its faults remember (buckets, `countMax`,
 * ends of streams) begins anew with the chain of the next life.
 */
import type { FaultPlan } from "@faultline/faults";
import { acceptPackets, type Link, type LinkEvents } from "@faultline/protocol";
import {
  type CoreStats,
  createServerCore,
  mergeStats,
  type ServerCore,
  type ServerCoreOptions,
  type ServerEnding,
  type ServerFaultRecord,
  withoutGauges,
} from "@faultline/server";
import type { Boot, Simulation } from "@faultline/simulation";
import { faultPlan } from "../plan/faults.ts";
import { pathSecret } from "../plan/streams.ts";
import type { FullSpec } from "../spec/types.ts";

/** As much of a server core as a simulated run needs. */
export type ServerPart = Pick<
  ServerCore,
  "accept" | "setFaults" | "stats" | "takeEndings" | "takeRecords"
>;

/** Makes the core of one life. */
export type CreateServerPart = (options: ServerCoreOptions) => ServerPart;

/** Where the server is found. */
export const SERVER = { host: "server", port: 7_000 } as const;
const US_PER_MS = 1_000;

/** @see module */
export class SimulatedServer {
  readonly #spec: FullSpec;
  readonly #create: CreateServerPart;
  #plan: FaultPlan;
  #core: ServerPart | undefined;
  #past: CoreStats[] = [];
  #records: ServerFaultRecord[] = [];
  #endings: ServerEnding[] = [];

  constructor(spec: FullSpec, create: CreateServerPart = createServerCore) {
    this.#spec = spec;
    this.#create = create;
    this.#plan = faultPlan(spec, spec.phases === null ? -1 : 0);
  }

  /** Puts the server on a node of its own, with everything that will befall it. */
  install(simulation: Simulation): void {
    const node = simulation.addNode(SERVER.host, { boot: this.#boot });
    for (const { atMs, kind, connections } of this.#spec.events) {
      simulation.at(Math.round(atMs * US_PER_MS), () => {
        if (kind === "crash" || kind === "restart") node.crash({ connections });
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
    return now.length === 1 && this.#past.length === 0
      ? now[0]!
      : mergeStats([...now, ...this.#past]);
  }

  readonly #boot: Boot = (process) => {
    const { transport, codec, server } = this.#spec;
    const kind = transport === "udp" ? "datagram" : "stream";
    const core = this.#create({
      clock: process.clock,
      codec,
      responder: server.responder,
      plan: this.#plan,
    });
    const accept = (link: Link): LinkEvents => core.accept(link);
    const { clock } = process;
    const packets = acceptPackets({ clock, secret: pathSecret(this.#spec.seed), accept });
    process.listen({ port: SERVER.port, kind }, kind === "stream" ? accept : packets);
    this.#core = core;
    return () => {
      this.#past = [mergeStats([...this.#past, withoutGauges(core.stats())])];
      this.#records.push(...core.takeRecords());
      this.#endings.push(...core.takeEndings());
      this.#core = undefined;
    };
  };
}
