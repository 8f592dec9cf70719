/**
 * What happens in the service, told once to both who count and who write it down.
 *
 * Runs and the door call this and know neither a log nor a metric. Lines carry what joins them:
 * `run` everywhere, and `client`, `operation` and `attempt` where an attempt is told. Refusals are
 * what a stranger can cause at will, so their lines are at most one a second for each code, with
 * how often it was since the last.
 */

import type { ExchangeLine } from "@faultline/experiment";
import type { Clock } from "../clock.ts";
import type { Run } from "../runs/run.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
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

/** Every such line has at least this time to the one before, in ms. */
const REFUSAL_LINE_MS = 1000;

/** Longest path in a line, in characters. */
const PATH_CHARS_MAX = 200;

/** Tells a log and the metrics. */
export class Observer implements RunObserver {
  readonly metrics: Metrics;
  readonly #log: Log;
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #refusals = new Map<string, { times: number; toldMs: number }>();

  constructor(parts: { log: Log; metrics: Metrics; clock: Pick<Clock, "nowMs"> }) {
    this.metrics = parts.metrics;
    this.#log = parts.log;
    this.#clock = parts.clock;
  }

  accepted({ id: run, kind, spec }: Run): void {
    const { mode, transport, seed } = spec;
    this.#log.write("info", "run-accepted", { run, kind, mode, transport, seed });
  }

  started({ id: run }: Run): void {
    this.#log.write("info", "run-started", { run });
  }

  exchanged(run: string, lines: readonly string[], tally?: Tally): void {
    if (tally !== undefined) this.metrics.settled(tally);
    if (!this.#log.isOn("debug")) return;
    for (const line of lines) this.#attempts(run, JSON.parse(line) as ExchangeLine);
  }

  ended(run: Run): void {
    const { id, kind, status, startedAt, endedAt, result, error } = run;
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

  /** A request was turned away at the door. */
  refused(code: string, status: number): void {
    this.metrics.refused(code);
    const nowMs = this.#clock.nowMs();
    const seen = this.#refusals.get(code) ?? { times: 0, toldMs: -Infinity };
    this.#refusals.set(code, seen);
    seen.times += 1;
    if (nowMs - seen.toldMs < REFUSAL_LINE_MS && nowMs >= seen.toldMs) return;
    this.#log.write("warn", "refused", { code, status, times: seen.times });
    seen.times = 0;
    seen.toldMs = nowMs;
  }

  #attempts(run: string, { run: index, client, message, attempts }: ExchangeLine): void {
    const at = { run, ...(index === undefined ? {} : { index }), client, operation: message };
    for (const { attempt, ended, faults, sentUs, endedUs } of attempts) {
      const fields = { ...at, attempt, ended, faults, us: endedUs - sentUs };
      this.#log.write("debug", "attempt", fields);
    }
  }
}
