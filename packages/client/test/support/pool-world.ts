/**
 * A pool and several scripted servers, each at the end of a network of its own, on one clock.
 */
import { numbers, seed } from "@faultline/testkit";
import type { Outcome, Pool, PoolOptions } from "../../src/index.ts";
import { createPool } from "../../src/index.ts";
import type { ScriptedServer, Script } from "./scripted-server.ts";
import { ScriptedServer as Server } from "./scripted-server.ts";
import { Sending } from "./sending.ts";
import { SESSION } from "./world.ts";
import type { MemoryNetworkOptions } from "@faultline/testkit";

export interface PoolWorldOptions extends Script {
  /** One server for each. @default one */
  readonly names?: readonly string[];
  readonly pool?: Partial<PoolOptions>;
  readonly network?: Omit<MemoryNetworkOptions, "clock">;
  /** One way, to each server, where they differ. */
  readonly latenciesUs?: readonly number[];
}

/** One test's pool, servers and time. */
export class PoolWorld extends Sending {
  readonly servers: readonly ScriptedServer[];
  readonly pool: Pool;

  constructor(options: PoolWorldOptions = {}) {
    super();
    const { names = ["one"] } = options;
    const servers = names.map((_, index) => {
      const latencyUs = options.latenciesUs?.[index] ?? options.network?.latencyUs ?? 0;
      return new Server(this.clock, { ...options, network: { ...options.network, latencyUs } });
    });
    const chance = numbers(seed());
    this.servers = servers;
    this.pool = createPool({
      endpoints: names.map((name, index) => ({ name, dialer: servers[index]!.network })),
      clock: this.clock,
      draw: chance,
      session: SESSION,
      inFlightMax: 64,
      onEvent: (event) => this.events.push(event),
      ...options.pool,
    });
  }

  get client(): Pool {
    return this.pool;
  }

  /** Requests that each server has seen. */
  get shares(): number[] {
    return this.servers.map(({ requests }) => requests.length);
  }

  /** Connections that each server has been asked for, and let in. */
  get connections(): number[] {
    return this.servers.map(({ network }) => network.connections.length);
  }
}

/** Where each attempt went. */
export function endpointsOf({ attempts }: Outcome): (string | undefined)[] {
  return attempts.map(({ endpoint }) => endpoint);
}
