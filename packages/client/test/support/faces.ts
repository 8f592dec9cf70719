/**
 * The same test for a client and for a pool: both in front of one scripted server.
 */
import type { FakeClock, MemoryNetwork } from "@faultline/testkit";
import type { Client, ClientOptions, SubmitOptions } from "../../src/index.ts";
import type { Request, Script } from "./scripted-server.ts";
import { PoolWorld } from "./pool-world.ts";
import type { Sent } from "./world.ts";
import { World } from "./world.ts";

/** What a test needs of either. */
export interface Face {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly requests: readonly Request[];
  readonly client: Client;
  submit(body: string, options?: SubmitOptions): Sent;
  advanceMs(ms: number): void;
}

export interface FaceOptions extends Script {
  readonly latencyUs?: number;
  readonly client?: Partial<Omit<ClientOptions, "dialer" | "reconnect">>;
}

/** A client with one connection. */
function client({ client: options, latencyUs = 0, ...script }: FaceOptions): Face {
  return new World({ ...script, network: { latencyUs }, client: { inFlightMax: 64, ...options } });
}

/** A pool with up to three. */
function pool({ client: options, latencyUs = 0, ...script }: FaceOptions): Face {
  const draw = (): number => 0xffff_ffff;
  const world = new PoolWorld({
    ...script,
    network: { latencyUs },
    pool: { connectionsMax: 3, draw, attemptsMax: 4, ...options },
  });
  const { network, requests } = world.servers[0]!;
  return {
    clock: world.clock,
    network,
    requests,
    client: world.pool,
    submit: (body, more) => world.submit(body, more),
    advanceMs: (ms) => world.advanceMs(ms),
  };
}

/** Both, by name. */
export const FACES: readonly (readonly [string, (options: FaceOptions) => Face])[] = [
  ["a client", client],
  ["a pool", pool],
];
