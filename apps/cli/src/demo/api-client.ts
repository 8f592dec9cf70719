/**
 * The demo's side of the REST API: five requests, nothing that a stranger could not send.
 *
 * The demo could call the experiment package directly; it goes over HTTP so that what it shows
 * is what every other program gets. A refusal of the server becomes a `ToolError` with its
 * problem document's words.
 */
import type { ExchangeLine, Mode, Result, Scenario } from "@faultline/experiment";

import { ToolError } from "../exit.ts";
import { readLines } from "../input/lines.ts";
import { reasonOf } from "../reasons.ts";
import { readEvents } from "./events.ts";

/** What is asked for in one run. */
export interface RunRequest {
  readonly scenario: string;
  readonly transport: string;
  /** Left out: the scenario's own. */
  readonly seed?: number;
  /** Left out: the scenario's own, real. */
  readonly mode?: Mode;
}

/** A run as the API shows it; the fields the demo reads. */
export interface Run {
  readonly id: string;
  readonly status: "queued" | "running" | "completed" | "failed" | "cancelled";
  readonly result: Result | null;
  readonly error: { readonly title?: string; readonly detail?: string } | null;
}

/** How far a run is. */
export interface RunProgress {
  readonly done: number;
  readonly total: number;
}

/** The longest wait a server may ask for before a run is accepted. */
const RETRY_AFTER_SECONDS_MAX = 60;

/** Talks to one API. Every call takes the signal it was made with. */
export class ApiClient {
  readonly #base: string;
  readonly #signal: AbortSignal;
  readonly #sleep: (ms: number, signal?: AbortSignal) => Promise<void>;

  /** @param base such as `http://127.0.0.1:8080` */
  constructor(
    base: string,
    signal: AbortSignal,
    sleep: (ms: number, signal?: AbortSignal) => Promise<void>,
  ) {
    this.#base = base;
    this.#signal = signal;
    this.#sleep = sleep;
  }

  /** Every built-in scenario. */
  async scenarios(): Promise<readonly Scenario[]> {
    const response = await this.#request("/v1/scenarios");
    return ((await response.json()) as { items: Scenario[] }).items;
  }

  /** Asks for a run; waits and asks again where the server says it is full. */
  async start(request: RunRequest): Promise<Run> {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    };
    for (;;) {
      const response = await this.#fetch("/v1/runs", init);
      if (response.status !== 429) return (await (await checked(response)).json()) as Run;
      await response.body?.cancel();
      const seconds = Number(response.headers.get("retry-after") ?? "1") || 1;
      await this.#sleep(Math.min(seconds, RETRY_AFTER_SECONDS_MAX) * 1000, this.#signal);
    }
  }

  /** Follows a run's events until it has ended, then gives the run. */
  async follow(id: string, onProgress: (progress: RunProgress) => void): Promise<Run> {
    const response = await this.#request(`/v1/runs/${id}/events`);
    if (response.body !== null) {
      for await (const { event, data } of readEvents(response.body)) {
        if (event === "progress") onProgress(JSON.parse(data) as RunProgress);
        if (event === "end") break;
      }
    }
    const ended = await this.#request(`/v1/runs/${id}`);
    return (await ended.json()) as Run;
  }

  /** Every message of a run with its attempts. */
  async *exchanges(id: string): AsyncGenerator<ExchangeLine, void, void> {
    const response = await this.#request(`/v1/runs/${id}/exchanges`);
    if (response.body === null) return;
    for await (const line of readLines(response.body, "the exchanges"))
      yield JSON.parse(line) as ExchangeLine;
  }

  /** Asks for a run to be cancelled; one that has ended meanwhile is fine. */
  async cancel(id: string): Promise<void> {
    // On its own, without the signal: it is sent because that signal was given.
    const response = await fetch(`${this.#base}/v1/runs/${id}/cancel`, { method: "POST" });
    await response.body?.cancel();
  }

  async #request(path: string): Promise<Response> {
    return checked(await this.#fetch(path, {}));
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.#base}${path}`, { ...init, signal: this.#signal });
    } catch (error) {
      this.#signal.throwIfAborted();
      throw new ToolError(`Cannot reach the API at ${this.#base}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  let detail = text;
  try {
    const problem = JSON.parse(text) as { title?: string; detail?: string };
    detail = problem.detail ?? problem.title ?? text;
  } catch {
    // Not a problem document: shown as it came.
  }
  throw new ToolError(
    `The API answered ${response.status} to ${new URL(response.url).pathname}: ${detail}`,
  );
}
