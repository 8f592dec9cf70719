/**
 * What a run needs of the world it runs in: a clock, clients, a server to steer and to ask.
 *
 * The real world (world.ts) has sockets and threads behind this; a simulated one will have a
 * virtual clock and a fabric. The driver and everything above it know only this file.
 */
import type { Client } from "@faultline/client";
import type { FaultPlan } from "@faultline/faults";
import type { Clock } from "@faultline/protocol";
import type { ServerFaultRecord, ServerStats } from "@faultline/server";
import type { Envelope } from "../result/types.ts";
import type { RunError } from "./error.ts";

/** A world with the server up and no client yet. Its promises reject with a RunError. */
export interface World {
  readonly clock: Clock;
  /** Resolves with the reason if the server is lost; never, if it is not. */
  readonly lost: Promise<RunError>;
  /** The client of a number, dialling the server; each number once. */
  createClient(client: number): Client;
  /** Changes the faults in force. */
  setFaults(plan: FaultPlan): Promise<void>;
  /** The fault records since the last call. */
  takeRecords(): Promise<readonly ServerFaultRecord[]>;
  stats(): Promise<ServerStats>;
  /** Rolling digest over every event; null where events are not ordered by us. */
  digest(): string | null;
  /** Where and when, up to now. */
  envelope(): Envelope;
  close(): Promise<void>;
}
