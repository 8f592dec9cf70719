/**
 * Joins what the client knows of a message with what the server's faults did to it: the lines of
 * `exchanges`, in the order in which messages settled.
 *
 *   settled ─► waiting ─► (records fetched after that moment) ─► line
 *
 * A fault met a message when its record is no later than the message's end and a moment
 * (`LINE_GRACE_US`): by then the server has looked at every attempt that was sent, also at one whose
 * sending crossed the reply to another. What happens to stragglers later is left out, or the same
 * seed would show other faults depending on who looked when. Frames are joined by (session,
 * operation, attempt), pipe messages, which carry no identity, by their place on the wire:
 * (client's address, n-th message of that connection).
 * Memory holds what is open and what waits for one fetch, never the run.
 */
import type { ServerFaultRecord } from "@faultline/server";
import type { AttemptLine, ExchangeLine } from "../result/types.ts";
import type { Settled } from "./driver.ts";
import { outcomeOf } from "./tally.ts";

/** What the lines are made with. */
export interface LinesOptions {
  readonly codec: "frame" | "pipe";
  /** 16 hex digits each, in the order of the clients. */
  readonly sessions: readonly string[];
  /** Fault ids in the order of the spec. */
  readonly faultIds: readonly string[];
  /** The clock's time at which the run began. */
  readonly startUs: number;
  onLine(line: ExchangeLine): void;
}

/**
 * How much later than the message's end a fault may act and still count, in µs: ample for what was
 * on its way over loopback to a busy server, and for clocks of two threads that disagree.
 */
export const LINE_GRACE_US = 100_000;
/** Records kept for pipe messages that have not settled. What is older belongs to settled ones. */
const PIPE_RECORDS_MAX = 65_536;

/** See the top of the file. */
export class Lines {
  readonly #options: LinesOptions;
  readonly #clientOf: ReadonlyMap<string, number>;
  readonly #rankOf: ReadonlyMap<string, number>;
  /** By open or waiting message (frame), or by place on the wire (pipe). */
  readonly #records = new Map<string, ServerFaultRecord[]>();
  readonly #waiting: Settled[] = [];

  constructor(options: LinesOptions) {
    this.#options = options;
    this.#clientOf = new Map(options.sessions.map((session, client) => [session, client]));
    this.#rankOf = new Map(options.faultIds.map((id, rank) => [id, rank]));
  }

  /** Settled messages whose line is not out yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A message is on its way: records of it are kept from now on. */
  open(client: number, message: number): void {
    if (this.#options.codec === "frame") this.#records.set(messageKey(client, message), []);
  }

  /** A message has its outcome; its line follows when its records have come. */
  settle(settled: Settled): void {
    this.#waiting.push(settled);
  }

  /** Hands in records fetched at `fetchedUs`: the lines whose records are complete by then go out. */
  take(records: readonly ServerFaultRecord[], fetchedUs: number): void {
    for (const record of records) this.#keep(record);
    const early = this.#waiting.findIndex(
      ({ outcome }) => outcome.endedUs + LINE_GRACE_US > fetchedUs,
    );
    const ready = this.#waiting.splice(0, early === -1 ? this.#waiting.length : early);
    for (const settled of ready) this.#options.onLine(this.#lineOf(settled));
  }

  #keep(record: ServerFaultRecord): void {
    if (this.#options.codec === "frame") {
      const client = this.#clientOf.get(hex(record.sessionHigh) + hex(record.sessionLow));
      // no entry: its message has its line already
      if (client !== undefined) this.#records.get(messageKey(client, record.message))?.push(record);
      return;
    }
    const key = wireKey(record.remote, record.sequence);
    const kept = this.#records.get(key);
    if (kept !== undefined) kept.push(record);
    else this.#records.set(key, [record]);
    if (this.#records.size > PIPE_RECORDS_MAX) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const key of this.#records.keys()) {
      this.#records.delete(key);
      return;
    }
  }

  #lineOf(settled: Settled): ExchangeLine {
    const { client, message, outcome } = settled;
    const attempts = outcome.attempts.map((attempt): AttemptLine => {
      const met = this.#recordsOf(settled, attempt).filter(
        ({ atUs }) => atUs <= outcome.endedUs + LINE_GRACE_US,
      );
      return {
        attempt: attempt.attempt,
        sentUs: attempt.sentUs - this.#options.startUs,
        endedUs: attempt.endedUs - this.#options.startUs,
        ended: attempt.ended,
        faults: this.#ordered(met),
      };
    });
    this.#records.delete(messageKey(client, message));
    return {
      client,
      message,
      outcome: outcomeOf(outcome),
      attempts,
      ...(outcome.ambiguous ? { ambiguous: true } : {}),
      ...(outcome.error === undefined ? {} : { error: outcome.error.code }),
    };
  }

  #recordsOf(
    { client, message }: Settled,
    attempt: Settled["outcome"]["attempts"][number],
  ): readonly ServerFaultRecord[] {
    if (this.#options.codec === "frame") {
      const all = this.#records.get(messageKey(client, message)) ?? [];
      return all.filter((record) => record.attempt === attempt.attempt);
    }
    if (attempt.sequence === undefined) return [];
    const key = wireKey(attempt.local, attempt.sequence);
    const all = this.#records.get(key) ?? [];
    this.#records.delete(key);
    return all;
  }

  /** Each id once, in the order of the spec. */
  #ordered(records: readonly ServerFaultRecord[]): string[] {
    const ids = [...new Set(records.map(({ fault }) => fault))];
    return ids.toSorted((a, b) => (this.#rankOf.get(a) ?? 0) - (this.#rankOf.get(b) ?? 0));
  }
}

function messageKey(client: number, message: number): string {
  return `${client}/${message}`;
}

function wireKey(remote: string, sequence: number): string {
  return `${remote}#${sequence}`;
}

function hex(half: number): string {
  return half.toString(16).padStart(8, "0");
}
