/**
 * What happens in the service, told once to both who count and who write it down.
 *
 * Runs and the door call this and know neither a log nor a metric. Lines carry what joins them:
 * `run` everywhere, and `client`, `operation` and `attempt` where an attempt is told. Refusals are
 * what a stranger can cause at will, so their lines are at most one a second for each code, with
 * how often it was since the last. Where payloads are asked for, what a message carries is told
 * from the spec, which decides it: nothing of it crosses from the run's thread.
 */

import { type ExchangeLine, type FullSpec, planBodies, specOfRun } from "@faultline/experiment";
import type { Clock } from "../clock.ts";
import type { Run } from "../runs/run.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { payloadFields, type PayloadFields } from "./payload.ts";
import { Spaced } from "./spaced.ts";
import type { Tally } from "./tally.ts";

/** Told of the life of runs. */
export interface RunObserver {
  accepted(run: Run): void;
  started(run: Run): void;
  /** JSON texts of exchanges; `tally` where the runner counts. */
  exchanged(runId: string, lines: readonly string[], tally?: Tally): void;
  ended(run: Run): void;
}

/** Told of nothing. */
export const UNOBSERVED: RunObserver = {
  accepted() {},
  started() {},
  exchanged() {},
  ended() {},
};

/** A request that has come. */
export type ReceivedRequest = Pick<AnsweredRequest, "method" | "path" | "token">;

/** A request, when its answer is known. */
export interface AnsweredRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** Id of the token it came with. */
  readonly token?: string | undefined;
}

/** Longest path in a line, in characters. */
const PATH_CHARS_MAX = 200;

/** What the observer is made of. */
export interface ObserverParts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Pick<Clock, "nowMs">;
  /** So many bytes of a payload stand in a line. @default 0: none */
  readonly payloadBytesMax?: number;
}

/** What a message carries; the index is that of a series' run. */
type Payloads = (index: number, client: number, message: number) => Uint8Array;

/** Tells a log and the metrics. */
export class Observer implements RunObserver {
  readonly metrics: Metrics;
  readonly #log: Log;
  readonly #refusals: Spaced;
  readonly #payloadBytesMax: number;
  /** By run, of those in progress; empty where nobody asks. */
  readonly #payloads = new Map<string, Payloads>();

  constructor({ log, metrics, clock, payloadBytesMax = 0 }: ObserverParts) {
    this.metrics = metrics;
    this.#log = log;
    this.#refusals = new Spaced(clock);
    this.#payloadBytesMax = log.isOn("debug") ? payloadBytesMax : 0;
  }

  accepted({ id: run, kind, spec }: Run): void {
    const { mode, transport, seed } = spec;
    this.#log.write("info", "run-accepted", { run, kind, mode, transport, seed });
  }

  started({ id: run, spec }: Run): void {
    if (this.#payloadBytesMax > 0) this.#payloads.set(run, payloadsOf(spec));
    this.#log.write("info", "run-started", { run });
  }

  exchanged(run: string, lines: readonly string[], tally?: Tally): void {
    if (tally !== undefined) this.metrics.settled(tally);
    if (!this.#log.isOn("debug")) return;
    for (const line of lines) this.#attempts(run, JSON.parse(line) as ExchangeLine);
  }

  ended(run: Run): void {
    const { id, kind, status, startedAt, endedAt, result, error } = run;
    this.#payloads.delete(id);
    const known = startedAt !== null && endedAt !== null;
    const ms = known ? Date.parse(endedAt) - Date.parse(startedAt) : undefined;
    this.metrics.ended({ kind, status }, ms);
    const verdict = result !== null && "verdict" in result ? result.verdict : undefined;
    const level = status === "failed" ? "warn" : "info";
    this.#log.write(level, "run-ended", { run: id, status, verdict, ms, error: error?.type });
  }

  /** A request was answered, whatever the answer. */
  answered({ method, path, status, ms, token }: AnsweredRequest): void {
    this.metrics.answered(method, status, ms);
    if (!this.#log.isOn("debug")) return;
    const shown = path.slice(0, PATH_CHARS_MAX);
    this.#log.write("debug", "request", { method, path: shown, status, ms, token });
  }

  /** A request's body has come, whole, whatever it says. */
  received({ method, path, token }: ReceivedRequest, body: Uint8Array): void {
    if (this.#payloadBytesMax === 0) return;
    const at = { method, path: path.slice(0, PATH_CHARS_MAX), token };
    const fields = { ...at, bytes: body.length, ...payloadFields(body, this.#payloadBytesMax) };
    this.#log.write("debug", "request-body", fields);
  }

  /** A request was turned away at the door. */
  refused(code: string, status: number): void {
    this.metrics.refused(code);
    const times = this.#refusals.take(code);
    if (times > 0) this.#log.write("warn", "refused", { code, status, times });
  }

  #attempts(run: string, { run: index, client, message, attempts }: ExchangeLine): void {
    const series = index === undefined ? {} : { index };
    const payload = this.#payload(run, { index: index ?? 0, client, message });
    const at = { run, ...series, client, operation: message, ...payload };
    for (const { attempt, ended, faults, sentUs, endedUs } of attempts) {
      const fields = { ...at, attempt, ended, faults, us: endedUs - sentUs };
      this.#log.write("debug", "attempt", fields);
    }
  }

  #payload(
    run: string,
    { index, client, message }: { index: number; client: number; message: number },
  ): PayloadFields | undefined {
    const payload = this.#payloads.get(run)?.(index, client, message);
    return payload && payloadFields(payload, this.#payloadBytesMax);
  }
}

/** Runs of a series come one after the other, or a few at once: the plan of the last is kept. */
function payloadsOf(spec: FullSpec): Payloads {
  let planned:
    | { readonly index: number; readonly bodies: ReturnType<typeof planBodies> }
    | undefined;
  return (index, client, message) => {
    if (planned?.index !== index) planned = { index, bodies: planBodies(specOfRun(spec, index)) };
    return planned.bodies(client, message);
  };
}
