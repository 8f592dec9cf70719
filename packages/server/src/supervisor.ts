/**
 * Keeps the workers alive: starts them, joins them, starts another where one crashed, and puts
 * their answers together.
 *
 * What a crashed worker had counted and recorded is kept, as far as it could still say it. Its
 * connections are lost, those of the others are not. A server whose workers crash again and again
 * fails as a whole: a restart that only hides a bug helps nobody.
 */
import type { FaultPlan } from "@faultline/faults";
import { type Clock, nextLifeTag } from "@faultline/protocol";
import { systemClock } from "./clock.ts";
import type { Closing, LastWords, WorkerSetup } from "./command.ts";
import { ServerError } from "./error.ts";
import type { ServerEnding, ServerEvent, ServerEventBody, ServerFaultRecord } from "./event.ts";
import type { WireLogSink } from "./options.ts";
import { reservePorts } from "./reserve.ts";
import type { CoreStats, ServerStats } from "./stats.ts";
import { mergeStats, withoutGauges } from "./stats.ts";
import type { WorkerCrash, WorkerReady } from "./thread.ts";
import { connect, WorkerThread } from "./thread.ts";

/** How much longer than its grace a worker may take to close before it is ended, in ms. */
const STUCK_MS = 5000;

/**
 * How long a worker that replaces another tries to get its port, in ms: the operating system may
 * give it free a little late, or have lent it to somebody's outgoing connection.
 */
const PATIENCE_MS = 5000;

/** What every worker is started with. */
type SharedSetup = Omit<WorkerSetup, "index" | "patienceMs">;

type FailureCode = "data-lost" | "worker-failed";

/** What all workers are started with, and who is told. */
export interface SupervisorOptions {
  readonly setup: SharedSetup;
  readonly onEvent: ((event: ServerEvent) => void) | undefined;
  readonly wireLog: WireLogSink | undefined;
}

/** Where the server listens; undefined where it was not asked to. */
export interface Ports {
  readonly tcpPort: number | undefined;
  readonly udpPort: number | undefined;
  readonly tlsPort: number | undefined;
}

/** @see module */
export class Supervisor {
  /** Resolves when the server has been closed; rejects when it has failed. */
  readonly closed: Promise<void>;
  readonly #onEvent: ((event: ServerEvent) => void) | undefined;
  readonly #wireLog: WireLogSink | undefined;
  readonly #clock: Clock;
  readonly #threads: WorkerThread[] = [];
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers();
  #setup: SharedSetup;
  /** Last figures of workers that are gone. */
  #lost: CoreStats[] = [];
  #records: ServerFaultRecord[] = [];
  #endings: ServerEnding[] = [];
  #restartsUs: number[] = [];
  #restarts = 0;
  /** Workers ever started: each has a wire log of its own. */
  #lives = 0;
  #state: "serving" | "closing" | "over" = "serving";

  constructor(options: SupervisorOptions) {
    this.#setup = options.setup;
    this.#onEvent = options.onEvent;
    this.#wireLog = options.wireLog;
    this.#clock = systemClock(options.setup.epochUs);
    this.closed = this.#end.promise;
    // Those who watch are told; for the others every call says it.
    this.closed.catch(() => {});
  }

  get isOver(): boolean {
    return this.#state !== "serving";
  }

  /** Starts all workers; none is left behind when one cannot. */
  async start(): Promise<Ports> {
    this.#setup = await reservePorts(this.#setup);
    const { workers } = this.#setup;
    for (let index = 0; index < workers; index++) this.#threads.push(this.#spawn(index));
    try {
      const ready = await Promise.all(this.#threads.map((thread) => thread.ready));
      for (const one of ready) this.#refuseWithoutUdp(one);
      await this.#join();
      return this.#tellPorts(ready);
    } catch (error) {
      this.#state = "over";
      await this.#terminate();
      throw error;
    }
  }

  async setFaults(plan: FaultPlan): Promise<void> {
    this.#refuseIfOver();
    this.#setup = { ...this.#setup, plan };
    await Promise.all(this.#threads.map((thread) => thread.ask("set-faults", { plan })));
  }

  async setClients(clients: string[] | null): Promise<void> {
    this.#refuseIfOver();
    const { tls } = this.#setup;
    if (tls !== null) this.#setup = { ...this.#setup, tls: { ...tls, clients } };
    await Promise.all(this.#threads.map((thread) => thread.ask("set-clients", { clients })));
  }

  async stats(): Promise<ServerStats> {
    const answers = await this.#askAll((thread) => thread.ask("stats", {}));
    return { ...mergeStats([...answers, ...this.#lost]), workerRestarts: this.#restarts };
  }

  async takeRecords(): Promise<ServerFaultRecord[]> {
    const answers = await this.#askAll((thread) => thread.ask("take-records", {}));
    const records = [...this.#records, ...answers.flat()];
    this.#records = [];
    return records.toSorted((one, other) => one.atUs - other.atUs);
  }

  async takeEndings(): Promise<ServerEnding[]> {
    const answers = await this.#askAll((thread) => thread.ask("take-endings", {}));
    const endings = [...this.#endings, ...answers.flat()];
    this.#endings = [];
    return endings.toSorted((one, other) => one.atUs - other.atUs);
  }

  /** The log of what passes behind the faults is handed over up to now. */
  async flushWires(): Promise<number> {
    const dropped = await this.#askAll((thread) => thread.ask("flush-wires", {}));
    return dropped.reduce((sum, count) => sum + count, 0);
  }

  /** Drains for at most so long, then closes. */
  async close(how: Closing): Promise<void> {
    if (this.#state === "serving") {
      this.#state = "closing";
      // A worker that is stuck cannot even say that it is closed.
      const stuck = this.#clock.setTimer(
        this.#clock.nowUs() + (how.graceMs + STUCK_MS) * 1000,
        () => {
          void this.#terminate();
        },
      );
      const last = await Promise.all(this.#threads.map((thread) => thread.close(how)));
      stuck.cancel();
      for (const words of last) this.#keep(words);
      this.#state = "over";
      await this.#terminate();
      this.#end.resolve();
    }
    await this.closed.catch(() => {});
  }

  /** Makes one worker throw: for tests of what follows. */
  crashWorker(index: number, message: string): void {
    this.#threads[index]?.send({ order: "crash", message });
  }

  #spawn(index: number, patienceMs = { tcp: 0, udp: 0 }): WorkerThread {
    const life = this.#lives++;
    return new WorkerThread(
      { ...this.#setup, index, patienceMs },
      {
        onEvents: (events) => {
          for (const event of events) this.#onEvent?.(event);
        },
        onWires: (chunk) => this.#wireLog?.onChunk(chunk, life),
        onCrash: (crash) => this.#crashed(index, crash),
      },
    );
  }

  /**
   * Another takes its place, unless its journal is gone: one that began anew, or with a copy that was put
   * there meanwhile, would execute again what has been executed.
   */
  #crashed(index: number, { last, lost, message }: WorkerCrash): void {
    this.#keep(last);
    if (!lost) this.#emit(index, { event: "worker-crash", message });
    if (this.#state !== "serving") return;
    if (lost) return void this.#fail(index, message, "data-lost");
    const { workerRestartsMax, workerRestartWindowMs } = this.#setup.limits;
    const nowUs = this.#clock.nowUs();
    const sinceUs = nowUs - workerRestartWindowMs * 1000;
    this.#restartsUs = [...this.#restartsUs.filter((atUs) => atUs >= sinceUs), nowUs];
    if (this.#restartsUs.length > workerRestartsMax) {
      const times = `${this.#restartsUs.length} times in ${workerRestartWindowMs} ms`;
      void this.#fail(index, `Workers crashed ${times}; the last one said: ${message}`);
      return;
    }
    void this.#restart(index);
  }

  async #restart(index: number): Promise<void> {
    this.#restarts++;
    // Its memory has gone with it: what it had executed, no later one may execute again.
    const life = { tag: nextLifeTag(this.#setup.life.tag), past: "lost" } as const;
    this.#setup = { ...this.#setup, life };
    const isOther = (other: WorkerThread): boolean => other.index !== index;
    // Where another has the UDP port already, not getting it is no reason to wait.
    const udp = this.#threads.some((other) => isOther(other) && other.hasUdp) ? 0 : PATIENCE_MS;
    const thread = this.#spawn(index, { tcp: PATIENCE_MS, udp });
    this.#threads[index] = thread;
    try {
      this.#refuseWithoutUdp(await thread.ready);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      await this.#fail(index, `A crashed worker could not be replaced: ${message}`);
      return;
    }
    // Another may have been replaced meanwhile: only now is it known who they are.
    await Promise.all(this.#threads.filter(isOther).map((other) => connect(thread, other)));
    this.#emit(index, { event: "worker-restart", restarts: this.#restarts });
  }

  async #fail(index: number, message: string, code: FailureCode = "worker-failed"): Promise<void> {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#emit(index, { event: "failed", message });
    await this.#terminate();
    this.#end.reject(new ServerError(code, message));
  }

  /** One worker with the UDP socket is enough; the others pass on to it and it to them. */
  #refuseWithoutUdp({ udpRefused }: WorkerReady): void {
    if (udpRefused === undefined || this.#threads.some((thread) => thread.hasUdp)) return;
    // One that is just being replaced may have had it, and will again.
    if (!this.#threads.every((thread) => thread.isServing)) return;
    throw new ServerError(udpRefused.code, udpRefused.message);
  }

  /** From here on the ports are fixed, for workers that are started later too. */
  #tellPorts(ready: readonly WorkerReady[]): Ports {
    const { host } = this.#setup;
    const tcpPort = ready[0]?.tcpPort;
    const owner = ready.findIndex((one) => one.udpPort !== undefined);
    const udpPort = ready[owner]?.udpPort;
    const tlsPort = ready[0]?.tlsPort;
    const ports = { tcpPort: tcpPort ?? null, udpPort: udpPort ?? null, tlsPort: tlsPort ?? null };
    this.#setup = { ...this.#setup, ...ports };
    for (const [transport, port] of [
      ["tcp", tcpPort],
      ["udp", udpPort],
      ["tls", tlsPort],
    ] as const) {
      if (port !== undefined) this.#emit(0, { event: "listening", transport, host, port });
    }
    const reason = ready.find((one) => one.udpRefused !== undefined)?.udpRefused?.message;
    if (reason !== undefined) {
      this.#emit(owner, { event: "port-not-shared", transport: "udp", owner, reason });
    }
    return { tcpPort, udpPort, tlsPort };
  }

  /** Each worker knows the way to each other one before the first client can come. */
  async #join(): Promise<void> {
    const ways: Promise<void>[] = [];
    for (const [index, thread] of this.#threads.entries()) {
      for (const other of this.#threads.slice(index + 1)) ways.push(connect(thread, other));
    }
    await Promise.all(ways);
  }

  /** What those workers answer that are there. */
  async #askAll<T>(ask: (thread: WorkerThread) => Promise<T | undefined>): Promise<T[]> {
    if (this.#state === "over") return [];
    const answers = await Promise.all(this.#threads.map(ask));
    return answers.filter((answer) => answer !== undefined);
  }

  #keep(last: LastWords | undefined): void {
    if (last === undefined) return;
    this.#lost = [mergeStats([...this.#lost, withoutGauges(last.stats)])];
    this.#records.push(...last.records);
    this.#endings.push(...last.endings);
  }

  async #terminate(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #refuseIfOver(): void {
    if (!this.isOver) return;
    throw new ServerError("closed", "Cannot change the server: it has been closed.");
  }

  #emit(worker: number, event: ServerEventBody): void {
    this.#onEvent?.({ ...event, atUs: this.#clock.nowUs(), worker });
  }
}
