/**
 * The figures at `GET /metrics`, in the text format of Prometheus, through prom-client.
 *
 * A registry of its own for each service: nothing is global, and two services in one process do
 * not add up. Every label takes its values from a list in this program (methods, codes, outcomes,
 * kinds of fault), never from a request, so that nobody can fill the memory with series.
 */

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Run } from "../runs/run.ts";
import type { Tally } from "./tally.ts";

const MS_PER_SECOND = 1000;
const US_PER_SECOND = 1_000_000;

/** From a loopback exchange to a message that waited out several attempts, in seconds. */
const LATENCY_BUCKETS = [
  0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  30,
];
const REQUEST_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];
const RUN_BUCKETS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600];

/** Methods that have a series of their own. */
const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "POST"];

/** The figures of one service. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#counter("faultline_http_requests_total", "Requests answered.", [
    "method",
    "status",
  ]);
  readonly #requestSeconds = this.#histogram(
    "faultline_http_request_duration_seconds",
    "Time to the head of the answer.",
    REQUEST_BUCKETS,
  );
  readonly #refusals = this.#counter(
    "faultline_http_refusals_total",
    "Requests turned away at the door, by problem code.",
    ["code"],
  );
  readonly #runs = this.#counter("faultline_runs_total", "Runs that ended, by status.", [
    "kind",
    "status",
  ]);
  readonly #runSeconds = this.#histogram(
    "faultline_run_duration_seconds",
    "Wall time of runs, from start to end.",
    RUN_BUCKETS,
  );
  readonly #messages = this.#counter("faultline_messages_total", "Messages settled, by outcome.", [
    "outcome",
  ]);
  readonly #attempts = this.#counter("faultline_attempts_total", "Attempts, by how they ended.", [
    "ended",
  ]);
  readonly #faults = this.#counter("faultline_faults_fired_total", "Faults that fired, by kind.", [
    "kind",
  ]);
  readonly #latency = this.#histogram(
    "faultline_message_latency_seconds",
    "Delivered messages, from the first attempt to the reply; of simulated runs in their own time.",
    LATENCY_BUCKETS,
  );

  /** The media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Every figure as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** A gauge that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number): void {
    this.#registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read());
        },
      }),
    );
  }

  /** A request was answered. */
  answered(method: string, status: number, ms: number): void {
    const known = METHODS.includes(method) ? method : "other";
    this.#requests.inc({ method: known, status: String(status) });
    this.#requestSeconds.observe(ms / MS_PER_SECOND);
  }

  /** A request was turned away before any route. */
  refused(code: string): void {
    this.#refusals.inc({ code });
  }

  /** A run has ended; `ms` since its start, if it ever started. */
  ended({ kind, status }: Pick<Run, "kind" | "status">, ms: number | undefined): void {
    this.#runs.inc({ kind, status });
    if (ms !== undefined) this.#runSeconds.observe(ms / MS_PER_SECOND);
  }

  /** Exchanges of a run in progress. */
  settled({ outcomes, attempts, faults, latenciesUs }: Tally): void {
    for (const [outcome, count] of Object.entries(outcomes)) this.#messages.inc({ outcome }, count);
    for (const [ended, count] of Object.entries(attempts)) this.#attempts.inc({ ended }, count);
    for (const [kind, count] of Object.entries(faults)) this.#faults.inc({ kind }, count);
    for (const us of latenciesUs) this.#latency.observe(us / US_PER_SECOND);
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.#registry] });
  }
}
