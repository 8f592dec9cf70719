/**
 * A simulated world with one server, to which clients of any make are added.
 *
 *   client-0 ──link── server          the same server core, faults and links as everywhere else
 *   client-1 ──link──   │
 *
 * Everything is a function of the seed: links and faults draw by key, clients by `drawOf`.
 */
import { createClient } from "@faultline/client";
import type { Client, ClientOptions } from "@faultline/client";
import type { FaultSpec } from "@faultline/faults";
import { hashText, keyedUint32 } from "@faultline/faults";
import { acceptPackets, packetDialer } from "@faultline/protocol";
import type { Clock, Dialer, Draw, SessionId } from "@faultline/protocol";
import { createServerCore } from "@faultline/server";
import type { ServerCore, ServerCoreOptions } from "@faultline/server";
import { Simulation } from "@faultline/simulation";
import type { Accept, LinkOptions, StreamOptions } from "@faultline/simulation";

/** A second, in the microseconds of the simulated clock. */
export const SECOND_US = 1_000_000;
/** A millisecond, likewise. */
export const MS_US = 1000;

const SESSION = hashText("example session");
const CLIENT = hashText("example client");
const CONNECTION = hashText("example connection");
const PORT = 7000;

/** What a world is made of. */
export interface LabOptions {
  readonly seed: number;
  /** @default "stream" */
  readonly kind?: "stream" | "datagram";
  readonly link?: Partial<LinkOptions>;
  readonly stream?: Partial<StreamOptions>;
  /** At most one of them fires on an attempt where their chances are `exclusive`. */
  readonly faults?: readonly FaultSpec[];
  readonly composition?: "independent" | "exclusive";
  /** Datagrams carry packets, which are acknowledged and repeated. @default false: each carries a frame */
  readonly packets?: boolean;
  readonly server?: Pick<ServerCoreOptions, "codec" | "limits" | "responder">;
  /** Another server instead. */
  readonly accept?: (clock: Clock) => Accept;
}

/** What a client is given instead of a socket, a clock and chance. */
export interface Ports {
  readonly clock: Clock;
  readonly dialer: Dialer;
  readonly draw: Draw;
  readonly session: SessionId;
}

/** @see module */
export class Lab {
  readonly seed: number;
  readonly simulation: Simulation;
  readonly #kind: "stream" | "datagram";
  readonly #packets: boolean;
  #core: ServerCore | undefined;
  #clients = 0;

  constructor(options: LabOptions) {
    const { accept, composition = "independent", faults = [], link, seed, stream } = options;
    this.seed = seed;
    this.#kind = options.kind ?? "stream";
    this.#packets = options.packets ?? false;
    this.simulation = new Simulation({ seed, ...(link && { link }), ...(stream && { stream }) });
    this.simulation.addNode("server", {
      boot: (process) => {
        const { clock } = process;
        const plan = { seed, composition, faults };
        this.#core = createServerCore({ clock, plan, ...options.server });
        const core: Accept = (link) => this.#core!.accept(link);
        const secret = new Uint8Array(16).fill(seed);
        const own = this.#packets ? acceptPackets({ clock, secret, accept: core }) : core;
        process.listen({ port: PORT, kind: this.#kind }, accept?.(clock) ?? own);
      },
    });
  }

  /** A new client's node, and what is to be had there. */
  ports(): Ports {
    const { seed, simulation } = this;
    const client = this.#clients++;
    const node = simulation.addNode(`client-${client}`);
    const { clock } = node;
    const bare = node.process.dialer({ host: "server", port: PORT, kind: this.#kind });
    const connectionId = (ordinal: number): SessionId => idOf(seed, CONNECTION, client, ordinal);
    const dialer = this.#packets ? packetDialer(bare, { clock, connectionId }) : bare;
    const session = idOf(seed, SESSION, client, 0);
    return { clock, dialer, session, draw: drawOf(seed, client) };
  }

  /** A client of this package's own make. */
  client(options: Partial<ClientOptions> = {}): Client {
    return createClient({ ...this.ports(), ...options });
  }

  /** Calls `run` at a time. */
  at(timeUs: number, run: () => void): void {
    this.simulation.at(timeUs, run);
  }

  /** From a time on, these faults and no others. */
  setFaults(atUs: number, faults: readonly FaultSpec[]): void {
    const { seed } = this;
    this.at(atUs, () => this.#core?.setFaults({ seed, composition: "independent", faults }));
  }

  /** Lets the world go on until `done`. */
  run(done: () => boolean): void {
    this.simulation.run({ done });
  }

  /** Bytes handed to links, both ways, without headers; what the network's stack repeats counts again. */
  get bytes(): number {
    return this.simulation.links.reduce((sum, { stats }) => sum + stats.bytes, 0);
  }

  /** Packets likewise. */
  get packets(): number {
    return this.simulation.links.reduce((sum, { stats }) => sum + stats.packets, 0);
  }
}

/** Chance for one client, keyed by operation and attempt. */
export function drawOf(seed: number, client: number): Draw {
  return (operation, attempt) => keyedUint32(seed, CLIENT, client, operation, attempt);
}

function idOf(seed: number, stream: number, client: number, ordinal: number): SessionId {
  return {
    high: keyedUint32(seed, stream, client, ordinal, 0),
    low: keyedUint32(seed, stream, client, ordinal, 1),
  };
}

/** The smallest value that so large a share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Their mean; 0 where there are none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
