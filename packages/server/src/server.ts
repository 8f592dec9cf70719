/**
 * The way in: a server on worker threads, with faults that can be changed while it runs.
 *
 *   main thread   startServer ─ FaultServer ─ Supervisor
 *   each worker   sockets ─ (door, relay) ─ ServerCore
 *
 * Messages never pass the main thread. Everything is off unless asked for: no faults, one worker,
 * loopback only, no events for every message.
 */
import type { FaultPlan } from "@faultline/faults";
import { RETRY_AFTER_STOP } from "@faultline/protocol";
import { wallClockUs } from "./clock.ts";
import type { ServerEnding, ServerFaultRecord } from "./event.ts";
import { type DataFolder, openFolder } from "./journal/folder.ts";
import type { ServerOptions } from "./options.ts";
import { checkInteger, type CommonSetup, completeOptions, refuseBadPlan } from "./options.ts";
import type { ServerStats } from "./stats.ts";
import type { Ports } from "./supervisor.ts";
import { Supervisor } from "./supervisor.ts";
import { checkClients } from "./tls-options.ts";

/** How a server is closed. */
export interface CloseOptions {
  /** How long delayed replies may still take, in ms. @default 5000 */
  readonly graceMs?: number;
  /**
   * What clients are told that ask for something new meanwhile: to come again in so many ms, or
   * `"never"`: nobody will serve here. @default 0: nothing, they do as they think best
   */
  readonly retryAfterMs?: number | "never";
}

/** A place to connect to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A running server. */
export interface FaultServer {
  readonly tcp: Endpoint | undefined;
  readonly udp: Endpoint | undefined;
  readonly tls: Endpoint | undefined;
  /** Resolves when the server is closed; rejects with a ServerError `worker-failed` or `data-lost` if it fails. */
  readonly closed: Promise<void>;
  /**
   * Changes the faults of all workers without a restart; resolves when the last one has them.
   *
   * @throws {RangeError} where the plan breaks a rule. {ServerError} `closed`.
   */
  setFaults(plan: FaultPlan): Promise<void>;
  /**
   * Puts a plan in force until the scope is left: `await using faults = await server.inject(plan)`.
   * The newest plan counts; leaving brings back the one before.
   *
   * @throws as `setFaults`.
   */
  inject(plan: FaultPlan): Promise<AsyncDisposable>;
  /**
   * Changes whom the server lets in over TLS: fingerprints as in `tls.clients`, null for everybody
   * with a certificate that holds. A client that is in and not on the list is dropped at once.
   *
   * @throws {RangeError} where one is no fingerprint. {ServerError} `closed`.
   */
  setClients(clients: readonly string[] | null): Promise<void>;
  /** What was counted so far, over all workers; after `close` the final figures. */
  stats(): Promise<ServerStats>;
  /** The proofs of all faults that acted since the last call, by time. */
  takeRecords(): Promise<ServerFaultRecord[]>;
  /**
   * The connections that ended since the last call, once faults had ever been in force, by time. All
   * records of a connection are there when its ending is.
   */
  takeEndings(): Promise<ServerEnding[]>;
  /**
   * Hands over what `wireLog` has not been given yet, up to now.
   *
   * @returns how many records had no room in the logs
   */
  flushWires(): Promise<number>;
  /** Stops listening, sends what is held back, then closes every link and thread. */
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const GRACE_MS_DEFAULT = 5000;
const CLOSE_MS_MAX = 3_600_000;

/**
 * Starts a server.
 *
 * @throws {RangeError} for a wrong option. {ServerError} `port-in-use`, `no-permission`,
 *   `address-unavailable`, `listen-failed`, `data-locked`, `data-corrupt`, `data-mismatch`,
 *   `data-failed`, `worker-failed`.
 */
export async function startServer(options: ServerOptions = {}): Promise<FaultServer> {
  return await startSupervised(options);
}

/**
 * As `startServer`, for tests of what follows when a worker crashes, or when the runtime cannot share
 * a UDP port among workers.
 */
export async function startSupervised(
  options: ServerOptions,
  { udpShared = true }: { readonly udpShared?: boolean } = {},
): Promise<SupervisedServer> {
  const complete = { ...completeOptions(options), udpShared };
  const folder = await openData(options.dataDir, complete);
  const setup = { ...complete, journals: folder?.journals ?? null };
  const { onEvent, wireLog } = options;
  const supervisor = new Supervisor({ setup, onEvent, wireLog });
  const release = (): void => folder?.release();
  try {
    const ports = await supervisor.start();
    void supervisor.closed.then(release, release);
    return new RunningServer(supervisor, setup, ports);
  } catch (error) {
    release();
    throw error;
  }
}

async function openData(
  folder: string | undefined,
  { life, responder, workers }: CommonSetup,
): Promise<DataFolder | undefined> {
  if (folder === undefined) return undefined;
  return await openFolder(folder, { workers, responder, life, nowUs: wallClockUs() });
}

/** @see startSupervised */
export interface SupervisedServer extends FaultServer {
  crashWorker(index: number, message: string): void;
}

class RunningServer implements SupervisedServer {
  readonly tcp: Endpoint | undefined;
  readonly udp: Endpoint | undefined;
  readonly tls: Endpoint | undefined;
  readonly closed: Promise<void>;
  readonly #supervisor: Supervisor;
  #plan: FaultPlan;
  /** Plans whose scope has not been left; the last one is in force, before `#plan`. */
  #injected: FaultPlan[] = [];

  constructor(supervisor: Supervisor, setup: { host: string; plan: FaultPlan }, ports: Ports) {
    const { host } = setup;
    this.#supervisor = supervisor;
    this.#plan = setup.plan;
    this.closed = supervisor.closed;
    this.tcp = ports.tcpPort === undefined ? undefined : { host, port: ports.tcpPort };
    this.udp = ports.udpPort === undefined ? undefined : { host, port: ports.udpPort };
    this.tls = ports.tlsPort === undefined ? undefined : { host, port: ports.tlsPort };
  }

  async setFaults(plan: FaultPlan): Promise<void> {
    refuseBadPlan(plan);
    this.#plan = plan;
    await this.#enforce();
  }

  async inject(plan: FaultPlan): Promise<AsyncDisposable> {
    refuseBadPlan(plan);
    const injected = { ...plan };
    this.#injected.push(injected);
    await this.#enforce();
    return {
      [Symbol.asyncDispose]: async () => {
        if (!this.#injected.includes(injected)) return;
        this.#injected = this.#injected.filter((other) => other !== injected);
        if (!this.#supervisor.isOver) await this.#enforce();
      },
    };
  }

  async setClients(clients: readonly string[] | null): Promise<void> {
    await this.#supervisor.setClients(clients === null ? null : checkClients(clients));
  }

  stats(): Promise<ServerStats> {
    return this.#supervisor.stats();
  }

  takeRecords(): Promise<ServerFaultRecord[]> {
    return this.#supervisor.takeRecords();
  }

  takeEndings(): Promise<ServerEnding[]> {
    return this.#supervisor.takeEndings();
  }

  flushWires(): Promise<number> {
    return this.#supervisor.flushWires();
  }

  async close(options: CloseOptions = {}): Promise<void> {
    const { graceMs = GRACE_MS_DEFAULT, retryAfterMs = 0 } = options;
    checkInteger("close the server", "graceMs", { value: graceMs, min: 0, max: CLOSE_MS_MAX });
    const told = retryAfterMs === "never" ? RETRY_AFTER_STOP : retryAfterMs;
    if (told !== RETRY_AFTER_STOP) {
      checkInteger("close the server", "retryAfterMs", { value: told, min: 0, max: CLOSE_MS_MAX });
    }
    await this.#supervisor.close({ graceMs, retryAfterMs: told });
  }

  crashWorker(index: number, message: string): void {
    this.#supervisor.crashWorker(index, message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #enforce(): Promise<void> {
    await this.#supervisor.setFaults(this.#injected.at(-1) ?? this.#plan);
  }
}
