/**
 * A run's events as text of server-sent events (WHATWG HTML §9.2), one piece at a time.
 *
 * The feed is a cursor, not a buffer: whenever the reader takes something, the next batch is
 * read from the store; when there is none, it waits for the run to move on. So a slow reader
 * costs one number and loses nothing, and `Last-Event-ID` resumes after any gap, a restart of
 * the service included. `progress` is a snapshot: of several since the last write only the
 * newest is sent.
 *
 *   id of exchange n   n, counted from 1 in the order in which exchanges finished
 *   id of progress     the exchange it follows
 *   id of end          "end"
 */

import type { Clock } from "../clock.ts";
import { isFinished, type Run } from "../runs/run.ts";
import type { RunService } from "../runs/service.ts";

/** What a feed reads from. */
export interface EventFeedOptions {
  readonly runs: Pick<RunService, "closing" | "get" | "onChange" | "readExchanges">;
  readonly clock: Clock;
  readonly runId: string;
  /** Exchanges the reader has seen. */
  readonly after: number;
  /** Most exchanges in one piece. */
  readonly batchMax: number;
}

/** The id of the last event. Who resumes from it has seen everything. */
export const END_EVENT_ID = "end";

/** A comment goes out so often while nothing happens: readers and proxies see a living stream. */
const HEARTBEAT_MS = 10_000;

/** What an EventSource waits before it reconnects. */
const RETRY_MS = 2000;

/** Reads one run's events. `close` must be called in the end. */
export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #off: () => void;
  #after: number;
  #lastProgress = "";
  #greeted = false;
  #ended = false;
  #closed = false;
  #changed = Promise.withResolvers<void>();

  constructor(options: EventFeedOptions) {
    this.#options = options;
    this.#after = options.after;
    this.#off = options.runs.onChange(options.runId, () => this.#changed.resolve());
  }

  /** The next piece, as soon as there is one; undefined when the stream is over. */
  async next(): Promise<string | undefined> {
    if (!this.#greeted) {
      this.#greeted = true;
      return `retry: ${RETRY_MS}\n\n`;
    }
    const { runs } = this.#options;
    while (!this.#closed && !this.#ended) {
      // Renewed before looking, so that a change while looking is not slept through.
      this.#changed = Promise.withResolvers();
      const piece = await this.#look();
      if (piece !== undefined) return piece;
      if (runs.closing) return undefined;
      if (await this.#waitForChange()) return ": nothing new\n\n";
    }
    return undefined;
  }

  /** Lets go of everything; a `next` that waits gives undefined. */
  close(): void {
    this.#closed = true;
    this.#off();
    this.#changed.resolve();
  }

  /** The run is read before its exchanges: once it is finished, no more of them can come. */
  async #look(): Promise<string | undefined> {
    const { runs, runId, batchMax } = this.#options;
    const run = await runs.get(runId);
    const page = await runs.readExchanges(runId, this.#after, batchMax);
    if (page.lines.length > 0) return this.#exchanges(page.lines);
    return this.#progress(run) ?? this.#end(run);
  }

  #exchanges(lines: readonly string[]): string {
    return lines.map((line) => event("exchange", String((this.#after += 1)), line)).join("");
  }

  #progress(run: Run | undefined): string | undefined {
    if (run === undefined) return undefined;
    const data = JSON.stringify({ ...run.progress, status: run.status });
    if (data === this.#lastProgress) return undefined;
    this.#lastProgress = data;
    return event("progress", String(this.#after), data);
  }

  #end(run: Run | undefined): string | undefined {
    if (run !== undefined && !isFinished(run)) return undefined;
    this.#ended = true;
    const { runId: id } = this.#options;
    const data = {
      id,
      status: run?.status ?? "deleted",
      verdict: run === undefined ? null : verdictOf(run),
      error: run?.error ?? null,
    };
    return event("end", END_EVENT_ID, JSON.stringify(data));
  }

  /** True if nothing has changed for as long as a heartbeat takes. */
  async #waitForChange(): Promise<boolean> {
    let quiet = false;
    const disarm = this.#options.clock.after(HEARTBEAT_MS, () => {
      quiet = true;
      this.#changed.resolve();
    });
    await this.#changed.promise;
    disarm();
    return quiet;
  }
}

/** Only an experiment has one. */
function verdictOf({ result }: Run): string | null {
  return result !== null && "verdict" in result ? result.verdict : null;
}

function event(name: string, id: string, data: string): string {
  return `event: ${name}\nid: ${id}\ndata: ${data}\n\n`;
}
