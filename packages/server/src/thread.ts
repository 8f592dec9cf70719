/**
 * One worker thread as the main thread sees it: orders in, answers and events out, and a word when
 * it is gone.
 *
 * It promises an end to every question: a worker that crashes answers `undefined` to all that is
 * open. Whether another is started in its place is the supervisor's business.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Transferable } from "node:worker_threads";
import { MessageChannel, Worker } from "node:worker_threads";
import type {
  Closing,
  LastWords,
  WorkerAnswers,
  WorkerOrder,
  WorkerReport,
  WorkerSetup,
} from "./command.ts";
import { ServerError } from "./error.ts";
import type { ServerEvent } from "./event.ts";

/** What a worker says when it serves. */
export type WorkerReady = Extract<WorkerReport, { report: "ready" }>;

/** What an answered order says beside its name and number. */
type Details<K> = Omit<Extract<WorkerOrder, { order: K }>, "id" | "order">;

/** The end of a worker that nobody asked for. */
export interface WorkerCrash {
  readonly message: string;
  /** Missing when it could not even speak. */
  readonly last: LastWords | undefined;
  /** Whether its journal is gone. */
  readonly lost: boolean;
}

/** Who is told about a worker. */
export interface WorkerWatcher {
  onEvents(events: readonly ServerEvent[]): void;
  onWires(chunk: Uint8Array): void;
  /** It is gone without having been asked to go. */
  onCrash(crash: WorkerCrash): void;
}

/** @see module */
export class WorkerThread {
  /** Resolves when it serves; rejects with a ServerError when it cannot. */
  readonly ready: Promise<WorkerReady>;
  readonly index: number;
  /** Whether it has a UDP socket. */
  hasUdp = false;
  readonly #worker: Worker;
  readonly #watcher: WorkerWatcher;
  readonly #start: PromiseWithResolvers<WorkerReady> = Promise.withResolvers();
  readonly #end: PromiseWithResolvers<LastWords | undefined> = Promise.withResolvers();
  readonly #questions = new Map<number, (value: unknown) => void>();
  #nextId = 0;
  /** Started, failed to start, or asked to end: what comes after is no crash. */
  #phase: "starting" | "serving" | "ending" | "gone" = "starting";
  #crash: WorkerCrash | undefined;
  #error: string | undefined;

  constructor(setup: WorkerSetup, watcher: WorkerWatcher) {
    this.index = setup.index;
    this.#watcher = watcher;
    this.ready = this.#start.promise;
    this.#worker = new Worker(workerUrl(), { workerData: setup });
    this.#worker.on("message", (report: WorkerReport) => this.#take(report));
    this.#worker.on("error", (error: unknown) => (this.#error = describe(error)));
    this.#worker.on("exit", (code) => this.#exited(code));
  }

  get isServing(): boolean {
    return this.#phase === "serving";
  }

  /** Asks for an answer; undefined when the worker is gone before it gives one. */
  ask<K extends keyof WorkerAnswers>(
    order: K,
    details: Details<K>,
    transfer: Transferable[] = [],
  ): Promise<WorkerAnswers[K] | undefined> {
    if (this.#phase === "gone") return Promise.resolve(undefined);
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<WorkerAnswers[K] | undefined>();
    this.#questions.set(id, resolve as (value: unknown) => void);
    this.send({ ...details, order, id } as unknown as WorkerOrder, transfer);
    return promise;
  }

  /** An order without an answer. */
  send(order: WorkerOrder, transfer: Transferable[] = []): void {
    this.#worker.postMessage(order, transfer);
  }

  /** Asks it to drain and close all links; resolves with what it leaves behind. */
  close(how: Closing): Promise<LastWords | undefined> {
    if (this.#phase === "gone") return Promise.resolve(undefined);
    this.#phase = "ending";
    this.send({ order: "close", ...how });
    return this.#end.promise;
  }

  /** Ends the thread, whatever it is doing. */
  async terminate(): Promise<void> {
    if (this.#phase !== "gone") this.#phase = "ending";
    await this.#worker.terminate();
  }

  #take(report: WorkerReport): void {
    switch (report.report) {
      case "ready":
        if (this.#phase === "starting") this.#phase = "serving";
        this.hasUdp = report.udpPort !== undefined;
        this.#start.resolve(report);
        return;
      case "failed":
        this.#phase = "ending";
        this.#start.reject(new ServerError(report.code, report.message));
        return;
      case "answer":
        this.#questions.get(report.id)?.(report.value);
        this.#questions.delete(report.id);
        return;
      case "events":
        this.send({ order: "events-taken", count: report.events.length });
        this.#watcher.onEvents(report.events);
        return;
      case "wires":
        this.#watcher.onWires(report.chunk);
        return;
      case "crashed":
        this.#crash = { message: report.message, last: report, lost: report.lost };
        return;
      case "closed":
        this.#end.resolve(report);
        return;
      default:
        report satisfies never;
    }
  }

  #exited(code: number): void {
    const crash = this.#crash ?? {
      message: this.#error ?? `The worker ended with code ${code}.`,
      last: undefined,
      lost: false,
    };
    const asked = this.#phase === "ending";
    const started = this.#phase !== "starting";
    this.#phase = "gone";
    this.#start.reject(
      new ServerError("worker-failed", `A worker did not start: ${crash.message}`),
    );
    this.#end.resolve(crash.last);
    for (const resolve of this.#questions.values()) resolve(undefined);
    this.#questions.clear();
    if (started && !asked) this.#watcher.onCrash(crash);
  }
}

/**
 * The private import of package.json, so that it is the source here and the built file in a
 * published package. `import.meta.resolve` says the same, but not in every test runner.
 */
function workerUrl(): URL {
  return pathToFileURL(createRequire(import.meta.url).resolve("#worker"));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Gives two workers a way to each other. */
export async function connect(one: WorkerThread, other: WorkerThread): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await Promise.all([
    one.ask("neighbour", { index: other.index, port: port1 }, [port1]),
    other.ask("neighbour", { index: one.index, port: port2 }, [port2]),
  ]);
}
