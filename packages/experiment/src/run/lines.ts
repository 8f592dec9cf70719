/**
 * Joins what the client knows of a message with what the server's faults did to it: the lines of
 * `exchanges`, in the order in which messages settled.
 *
 *   settled ─► waiting ─► (records fetched after that moment) ─► line
 *
 * The client may settle a message while another attempt of it is still on its way (a late reply
 * crossed it). That attempt meets its faults all the same, so its line waits until the client has
 * had an answer to something it sent later: then the server has looked at both. What happens to
 * stragglers afterwards is left out (`LINE_GRACE_US`), or the same seed would show other faults
 * depending on who looked when. Frames are joined by (session, operation, attempt), pipe messages,
 * which carry no identity, by their place on the wire: (client's address, n-th message of that
 * connection). By that place it is also known which attempts were cut (endings.ts): a line waits
 * until the server has told of every connection that it lost.
 * Memory holds what is open and what waits for one fetch, never the run.
 */
import type { ServerEnding, ServerFaultRecord } from "@faultline/server";
import type { AttemptLine, ExchangeLine } from "../result/types.ts";
import type { Settled } from "./driver.ts";
import { Endings } from "./endings.ts";
import { outcomeOf } from "./tally.ts";

/** What the lines are made with. */
export interface LinesOptions {
  readonly codec: "frame" | "pipe";
  /** Whether messages travel on connections, which may end. */
  readonly stream: boolean;
  /** 16 hex digits each, in the order of the clients. */
  readonly sessions: readonly string[];
  /** Fault ids in the order of the spec. */
  readonly faultIds: readonly string[];
  /** The clock's time at which the run began. */
  readonly startUs: number;
  onLine(line: ExchangeLine): void;
}

/**
 * How much later than the end of the message, and than its first act on that attempt, a fault may act and
 * still count, in µs: ample for a busy server on loopback, and for clocks of two threads that disagree.
 */
export const LINE_GRACE_US = 100_000;
/** Longest a line waits for an answer to something sent later, or for the end of a connection, in µs: there may be none. */
const PATIENCE_US = 2_000_000;
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
  /** When each client sent what it was answered last. */
  readonly #answeredUs = new Map<number, number>();
  /** Undefined where no connection can end. */
  readonly #endings: Endings | undefined;

  constructor(options: LinesOptions) {
    this.#options = options;
    this.#endings = options.stream && options.faultIds.length > 0 ? new Endings() : undefined;
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
    const { client, outcome } = settled;
    this.#endings?.see(client, outcome.attempts);
    const answered = outcome.attempts.findLast(
      ({ ended }) => ended === "reply" || ended === "error-reply",
    );
    if (answered !== undefined) this.#answeredUs.set(client, answered.sentUs);
  }

  /**
   * How many lines, from the oldest, have all their records on the server by now.
   *
   * @param atOnce does not wait for answers to later messages, which may never be sent.
   */
  complete(nowUs: number, atOnce: boolean): number {
    const first = this.#waiting.findIndex(({ client, outcome }) => {
      if (outcome.endedUs + LINE_GRACE_US > nowUs) return true;
      if (atOnce || outcome.endedUs + PATIENCE_US <= nowUs) return false;
      const crossed = outcome.attempts.findLast(({ ended }) => ended === "aborted");
      return crossed !== undefined && crossed.sentUs >= (this.#answeredUs.get(client) ?? -1);
    });
    return first === -1 ? this.#waiting.length : first;
  }

  /** Hands in the ends of connections. Records fetched before these must not come after. */
  hear(endings: readonly ServerEnding[]): void {
    this.#endings?.add(endings);
  }

  /** How many of so many complete lines wait for no end of a connection. */
  vouched(complete: number, nowUs: number): number {
    const endings = this.#endings;
    if (endings === undefined) return complete;
    const first = this.#waiting.slice(0, complete).findIndex(({ client, outcome }) => {
      if (outcome.endedUs + PATIENCE_US <= nowUs) return false;
      return outcome.attempts.some((attempt) => endings.isAwaited(client, attempt));
    });
    return first === -1 ? complete : first;
  }

  /** Hands in records, fetched when so many lines were complete: these go out. */
  take(records: readonly ServerFaultRecord[], complete: number): void {
    for (const record of records) this.#keep(record);
    for (const settled of this.#waiting.splice(0, complete))
      this.#options.onLine(this.#lineOf(settled));
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
      const met = this.#recordsOf(settled, attempt);
      const first = met.reduce((atUs, record) => Math.min(atUs, record.atUs), Infinity);
      const untilUs =
        (Number.isFinite(first) ? Math.max(first, outcome.endedUs) : 0) + LINE_GRACE_US;
      return {
        attempt: attempt.attempt,
        sentUs: attempt.sentUs - this.#options.startUs,
        endedUs: attempt.endedUs - this.#options.startUs,
        ended: attempt.ended,
        faults: this.#ordered(met.filter(({ atUs }) => atUs <= untilUs)),
        ...(this.#endings?.isCut(client, attempt) === true ? { cut: true } : {}),
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
