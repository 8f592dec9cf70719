/**
 * What a run needs of the world it runs in: a clock, clients, a server to steer and to ask.
 *
 * The real world (world.ts) has sockets and threads behind this, the simulated one (simulated.ts) a
 * virtual clock and a fabric. The driver and everything above it know only this file.
 */
import type { Client } from "@faultline/client";
import type { FaultPlan } from "@faultline/faults";
import type { Clock, Timer } from "@faultline/protocol";
import type { ServerEnding, ServerFaultRecord, ServerStats } from "@faultline/server";
import type { TakeCapture } from "../capture/recorder.ts";
import type { Envelope, WireResult } from "../result/types.ts";
import type { RunError } from "./error.ts";

/** The time outside: what a simulated run may know of it, between two slices of its own. */
export interface Wall {
  /** Milliseconds since the run was started. */
  elapsedMs(): number;
  /** Calls `run` after so much time. */
  alarm(afterMs: number, run: () => void): Timer;
  /** Lets timers, sockets and promises of the program have their turn. */
  breathe(): Promise<void>;
  envelope(): Envelope;
}

/** A world with the server up and no client yet. Its promises reject with a RunError. */
export interface World {
  readonly clock: Clock;
  /** Resolves with the reason if the server is lost; never, if it is not. */
  readonly lost: Promise<RunError>;
  /** The client of a number, dialling the server; each number once. */
  createClient(client: number): Client;
  /** Does at once what belongs to the run: in a simulated one, as sealed as its events are. */
  within<T>(run: () => T): T;
  /** Adds 32 bits to the digest, where there is one: what its events do not show. */
  note(word: number): void;
  /** Lets things happen until `done`; resolves at once where they happen by themselves. */
  advance(done: () => boolean): Promise<void>;
  /** Lets things happen until a promise that waits for them has settled. */
  until<T>(task: Promise<T>): Promise<T>;
  /** Calls `run` after so much time outside, whatever the clock says. */
  wallTimer(afterMs: number, run: () => void): Timer;
  /** Changes the faults in force. */
  setFaults(plan: FaultPlan): Promise<void>;
  /** The fault records since the last call. */
  takeRecords(): Promise<readonly ServerFaultRecord[]>;
  /** The connections that ended since the last call; asked first, it tells of none too early. */
  takeEndings(): Promise<readonly ServerEnding[]>;
  stats(): Promise<ServerStats>;
  /** Rolling digest over every event; null where events are not ordered by us. */
  digest(): string | null;
  /** Makes the capture, after the clients are closed; null where there is none. */
  capture(take: TakeCapture | undefined): Promise<WireResult | null>;
  /** Where and when, up to now. */
  envelope(): Envelope;
  close(): Promise<void>;
}
