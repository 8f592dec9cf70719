/**
 * The life of runs: accepted, queued, carried out, kept, cancelled, removed.
 *
 * Routes call it and read its answers; it never sees HTTP. What is in progress lives in memory
 * and wins over the store's copy, which is only written when a status changes. Refusals are
 * `ProblemError`s.
 *
 *   create -> store -> queue -> Execution -> store (final) -> gone from memory
 */

import type { Clock } from "../clock.ts";
import type { IdSource } from "../ids.ts";
import type { Limits } from "../limits.ts";
import { type RunObserver, UNOBSERVED } from "../observe/observer.ts";
import { makeProblem, type Problem, ProblemError } from "../problem.ts";
import type { Runner } from "../runner/runner.ts";
import {
  type ExchangePage,
  type Idempotency,
  type RunPatch,
  type RunQuery,
  type Store,
  StoreError,
} from "../store/store.ts";
import { storeProblem } from "../store/store-problem.ts";
import { Changes, type ChangeListener } from "./changes.ts";
import { Endings } from "./endings.ts";
import { Execution, interrupted } from "./execution.ts";
import type { Planned } from "./plan-task.ts";
import { Queue } from "./queue.ts";
import { newRun, type Run } from "./run.ts";

/** Everything the service is built from. */
export interface RunServiceDeps {
  readonly store: Store;
  readonly runner: Runner;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly limits: Limits;
  /** Told of failures nobody asked about: a store that refuses while a run ends, for example. */
  readonly onFailure: (error: unknown) => void;
  /** @default told of nothing */
  readonly observer?: RunObserver;
}

/** A run that is queued or in progress. */
interface Active {
  run: Run;
  execution: Execution | undefined;
  readonly ended: PromiseWithResolvers<void>;
}

/** Seconds after which a full queue is worth another try. */
const RETRY_AFTER_SECONDS = "5";

/** The runs of one process. */
export class RunService {
  readonly #deps: RunServiceDeps;
  readonly #queue: Queue;
  readonly #changes = new Changes();
  readonly #active = new Map<string, Active>();
  readonly #endings: Endings;
  readonly #observer: RunObserver;
  #closing = false;

  constructor(deps: RunServiceDeps) {
    this.#deps = deps;
    this.#queue = new Queue(deps.limits);
    this.#endings = new Endings(deps.store, deps.onFailure);
    this.#observer = deps.observer ?? UNOBSERVED;
  }

  /**
   * Takes over the store, once, before anything else: runs that were in progress when the last
   * process ended are marked failed, runs that were still queued are queued again in their old
   * order. They start with `begin`.
   */
  async recover(): Promise<void> {
    const { clock, store } = this.#deps;
    await store.markInterrupted(interrupted("stopped"), clock.nowIso());
    for (const run of await store.listQueued()) {
      this.#active.set(run.id, makeActive(run));
      this.#queue.restore(run.id);
    }
  }

  /** Starts what `recover` found waiting. */
  begin(): void {
    this.#startDue();
  }

  /** True from the beginning of `close`. */
  get closing(): boolean {
    return this.#closing;
  }

  /** How many runs wait, and how many are in progress. */
  get load(): { readonly queued: number; readonly running: number } {
    return { queued: this.#queue.waiting, running: this.#queue.running };
  }

  /** Accepts a run. With a key seen before, the run it made is the answer and `replayed` is true. */
  async create(
    planned: Planned,
    idempotency?: Idempotency,
  ): Promise<{ run: Run; replayed: boolean }> {
    if (this.#closing) throw new ProblemError("shutting-down", "no new runs are accepted");
    const earlier = idempotency && (await this.#replay(idempotency));
    if (earlier !== undefined) return { run: earlier, replayed: true };
    if (!this.#queue.reserve()) throw this.#queueFull();
    const run = newRun(this.#deps.ids(), this.#deps.clock.nowIso(), planned);
    try {
      // A second request with the same key may have overtaken this one: the store decides.
      const overtaken = await this.#deps.store.create(run, idempotency);
      if (overtaken !== undefined) {
        this.#queue.release();
        return { run: this.#checked(overtaken, idempotency), replayed: true };
      }
    } catch (error) {
      this.#queue.release();
      throw error;
    }
    this.#observer.accepted(run);
    this.#active.set(run.id, makeActive(run));
    this.#queue.add(run.id);
    this.#startDue();
    return { run: this.#latest(run), replayed: false };
  }

  async get(id: string): Promise<Run | undefined> {
    const known = this.#known(id);
    return known ?? this.#deps.store.get(id);
  }

  /** @throws ProblemError `run-not-found` */
  async require(id: string): Promise<Run> {
    const run = await this.get(id);
    if (run === undefined) throw new ProblemError("run-not-found", `there is no run ${id}`);
    return run;
  }

  async list(query: RunQuery): Promise<readonly Run[]> {
    const runs = await this.#deps.store.list(query);
    return runs.map((run) => this.#latest(run));
  }

  readExchanges(id: string, after: number, limit: number): Promise<ExchangePage> {
    return this.#deps.store.readExchanges(id, after, limit);
  }

  get captures(): Pick<Store, "captureBytes" | "readCapture"> {
    return this.#deps.store;
  }

  /** @throws ProblemError `run-finished`, `run-not-found` */
  async cancel(id: string): Promise<Run> {
    const run = await this.require(id);
    const active = this.#active.get(id);
    if (active === undefined) {
      throw new ProblemError("run-finished", `run ${id} is already ${run.status}`);
    }
    await this.#stop(active);
    return this.#latest(active.run);
  }

  /** Removes a run; one that is not finished is cancelled first. @throws ProblemError `run-not-found` */
  async remove(id: string): Promise<void> {
    await this.require(id);
    const active = this.#active.get(id);
    if (active !== undefined) {
      await this.#stop(active);
      await active.ended.promise;
    }
    this.#endings.forget(id);
    await this.#deps.store.delete(id);
    this.#changes.emit(id);
  }

  /** Registers for "look again" calls; the answer unregisters. */
  onChange(id: string, listener: ChangeListener): () => void {
    return this.#changes.on(id, listener);
  }

  /**
   * Stops taking runs, gives those in progress `graceMs` to end, stops them, and waits until the
   * store has their end. Queued runs stay queued in the store: the next start takes them up.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#changes.emitAll();
    const running = [...this.#active.values()].filter((active) => active.execution !== undefined);
    const disarm = this.#deps.clock.after(graceMs, () => {
      for (const { execution } of running) execution?.stop("shutdown");
    });
    await Promise.all(running.map((active) => active.ended.promise));
    disarm();
    await this.#endings.retry();
  }

  #startDue(): void {
    while (!this.#closing) {
      const id = this.#queue.next();
      const active = id === undefined ? undefined : this.#active.get(id);
      if (active === undefined) return;
      void this.#carryOut(active);
    }
  }

  /** A waiting run ends here and now, one in progress when its runner obeys. */
  async #stop(active: Active): Promise<void> {
    if (this.#queue.remove(active.run.id)) {
      await this.#end(active, { status: "cancelled", endedAt: this.#deps.clock.nowIso() });
    } else {
      active.execution?.stop("cancelled");
    }
  }

  /** Nothing in here rejects: whatever fails becomes the run's end. */
  async #carryOut(active: Active): Promise<void> {
    const { clock, store } = this.#deps;
    const { id } = active.run;
    active.execution = new Execution(active.run, {
      ...this.#deps,
      onChange: () => this.#changes.emit(id),
      onExchanges: (lines, tally) => this.#observer.exchanged(id, lines, tally),
    });
    active.run = { ...active.run, status: "running", startedAt: clock.nowIso() };
    let end: RunPatch;
    try {
      const { status, startedAt } = active.run;
      await store.update(id, { status, startedAt });
      this.#observer.started(active.run);
      this.#changes.emit(id);
      end = await active.execution.carryOut();
    } catch (error) {
      this.#deps.onFailure(error);
      end = { status: "failed", endedAt: clock.nowIso(), error: crashProblem(error) };
    }
    await this.#end(active, end);
    this.#queue.done(id);
    this.#startDue();
  }

  async #end(active: Active, end: RunPatch): Promise<void> {
    active.run = await this.#endings.save(active.run, end);
    this.#observer.ended(active.run);
    this.#active.delete(active.run.id);
    active.ended.resolve();
    this.#changes.emit(active.run.id);
  }

  async #replay(idempotency: Idempotency): Promise<Run | undefined> {
    const earlier = await this.#deps.store.findByKey(idempotency.key);
    return earlier && this.#checked(earlier, idempotency);
  }

  #checked(earlier: { run: Run; bodyHash: string }, idempotency: Idempotency | undefined): Run {
    if (earlier.bodyHash !== idempotency?.bodyHash) {
      throw new ProblemError(
        "idempotency-key-reused",
        `this key made run ${earlier.run.id} from another body`,
      );
    }
    return this.#latest(earlier.run);
  }

  /** The run as memory knows it, where memory knows better than the store. */
  #latest(run: Run): Run {
    return this.#known(run.id) ?? run;
  }

  #known(id: string): Run | undefined {
    const active = this.#active.get(id);
    if (active === undefined) return this.#endings.unsaved(id);
    const progress = active.execution?.progress ?? active.run.progress;
    return { ...active.run, progress };
  }

  #queueFull(): ProblemError {
    const { queuedRunsMax } = this.#deps.limits;
    return new ProblemError(
      "queue-full",
      `${this.#queue.waiting} runs are waiting (queuedRunsMax is ${queuedRunsMax})`,
      { headers: { "retry-after": RETRY_AFTER_SECONDS } },
    );
  }
}

function makeActive(run: Run): Active {
  return { run, execution: undefined, ended: Promise.withResolvers() };
}

/** What reaches this is the store's failure or a bug of ours. */
function crashProblem(error: unknown): Problem {
  return error instanceof StoreError
    ? storeProblem(error)
    : makeProblem("run-crashed", "the run could not be carried out; the service's log says why");
}
