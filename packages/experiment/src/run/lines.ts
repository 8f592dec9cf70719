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
import type { Attempt } from "@faultline/client";
import type { ServerEnding, ServerFaultRecord } from "@faultline/server";
import type { AttemptLine, ExchangeLine } from "../result/types.ts";
import type { Settled } from "./driver.ts";
import { Endings, isAnswered } from "./endings.ts";
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
  /** Undefined: nobody reads them, so none is made. What waits for what stays the same. */
  readonly onLine: ((line: ExchangeLine) => void) | undefined;
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

const NONE: readonly ServerFaultRecord[] = [];
const NO_ATTEMPTS: readonly Attempt[] = [];

/** A settled message whose line is not out yet. */
interface Waiting {
  readonly client: number;
  readonly endedUs: number;
  /** When the last attempt was sent that its outcome did not wait for; undefined: there was none. */
  readonly crossedUs: number | undefined;
  /** Its attempts, where one of them had no answer. */
  readonly doubtful: readonly Attempt[];
  /** Undefined where nobody reads the lines: what is not kept need not be moved about. */
  readonly settled: Settled | undefined;
}

/** See the top of the file. */
export class Lines {
  readonly #options: LinesOptions;
  readonly #clientOf: ReadonlyMap<string, number>;
  readonly #rankOf: ReadonlyMap<string, number>;
  /** Of each client's open and waiting messages, by message (frame). */
  readonly #ofMessages: readonly Map<number, readonly ServerFaultRecord[]>[];
  /** By place on the wire (pipe). */
  readonly #ofPlaces = new Map<string, ServerFaultRecord[]>();
  readonly #waiting: Waiting[] = [];
  /** When each client sent what it was answered last. */
  readonly #answeredUs = new Map<number, number>();
  /** Undefined where no connection can end. */
  readonly #endings: Endings | undefined;

  constructor(options: LinesOptions) {
    this.#options = options;
    this.#endings = options.stream && options.faultIds.length > 0 ? new Endings() : undefined;
    this.#clientOf = new Map(options.sessions.map((session, client) => [session, client]));
    this.#rankOf = new Map(options.faultIds.map((id, rank) => [id, rank]));
    this.#ofMessages = options.sessions.map(() => new Map());
  }

  /** Settled messages whose line is not out yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A message is on its way: records of it are kept from now on. */
  open(client: number, message: number): void {
    const { codec, onLine } = this.#options;
    if (codec === "frame" && onLine !== undefined) this.#ofMessages[client]?.set(message, NONE);
  }

  /** A message has its outcome; its line follows when its records have come. */
  settle(settled: Settled): void {
    const { client, outcome } = settled;
    const { attempts, endedUs } = outcome;
    this.#endings?.see(client, attempts);
    this.#waiting.push({
      client,
      endedUs,
      crossedUs: attempts.findLast(({ ended }) => ended === "aborted")?.sentUs,
      doubtful: attempts.every(isAnswered) ? NO_ATTEMPTS : attempts,
      settled: this.#options.onLine === undefined ? undefined : settled,
    });
    const answered = attempts.findLast(({ ended }) => ended === "reply" || ended === "error-reply");
    if (answered !== undefined) this.#answeredUs.set(client, answered.sentUs);
  }

  /**
   * How many lines, from the oldest, have all their records on the server by now.
   *
   * @param atOnce does not wait for answers to later messages, which may never be sent.
   */
  complete(nowUs: number, atOnce: boolean): number {
    const first = this.#waiting.findIndex(({ client, endedUs, crossedUs }) => {
      if (endedUs + LINE_GRACE_US > nowUs) return true;
      if (atOnce || endedUs + PATIENCE_US <= nowUs) return false;
      return crossedUs !== undefined && crossedUs >= (this.#answeredUs.get(client) ?? -1);
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
    const first = this.#waiting.slice(0, complete).findIndex(({ client, endedUs, doubtful }) => {
      if (endedUs + PATIENCE_US <= nowUs) return false;
      return doubtful.some((attempt) => endings.isAwaited(client, attempt));
    });
    return first === -1 ? complete : first;
  }

  /** Hands in records, fetched when so many lines were complete: these go out. */
  take(records: readonly ServerFaultRecord[], complete: number): void {
    const { onLine } = this.#options;
    const out = this.#waiting.splice(0, complete);
    if (onLine === undefined) return;
    for (const record of records) this.#keep(record);
    for (const { settled } of out) if (settled !== undefined) onLine(this.#lineOf(settled));
  }

  #keep(record: ServerFaultRecord): void {
    if (this.#options.codec === "frame") {
      const client = this.#clientOf.get(hex(record.sessionHigh) + hex(record.sessionLow));
      const messages = client === undefined ? undefined : this.#ofMessages[client];
      const before = messages?.get(record.message);
      // no entry: its message has its line already
      if (before !== undefined) messages?.set(record.message, [...before, record]);
      return;
    }
    const key = wireKey(record.remote, record.sequence);
    const kept = this.#ofPlaces.get(key);
    if (kept !== undefined) kept.push(record);
    else this.#ofPlaces.set(key, [record]);
    if (this.#ofPlaces.size > PIPE_RECORDS_MAX) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const key of this.#ofPlaces.keys()) {
      this.#ofPlaces.delete(key);
      return;
    }
  }

  #lineOf(settled: Settled): ExchangeLine {
    const { client, message, outcome } = settled;
    const { startUs } = this.#options;
    const attempts = outcome.attempts.map((attempt): AttemptLine => {
      const met = this.#recordsOf(settled, attempt);
      return {
        attempt: attempt.attempt,
        sentUs: attempt.sentUs - startUs,
        endedUs: attempt.endedUs - startUs,
        ended: attempt.ended,
        faults: met.length === 0 ? [] : this.#ordered(inTime(met, outcome.endedUs)),
        ...(this.#endings?.isCut(client, attempt) === true ? { cut: true } : {}),
      };
    });
    this.#ofMessages[client]?.delete(message);
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
      const all = this.#ofMessages[client]?.get(message) ?? NONE;
      return all.length === 0 ? all : all.filter((record) => record.attempt === attempt.attempt);
    }
    if (attempt.sequence === undefined) return NONE;
    const key = wireKey(attempt.local, attempt.sequence);
    const all = this.#ofPlaces.get(key) ?? NONE;
    this.#ofPlaces.delete(key);
    return all;
  }

  /** Each id once, in the order of the spec. */
  #ordered(records: readonly ServerFaultRecord[]): string[] {
    const ids = [...new Set(records.map(({ fault }) => fault))];
    return ids.toSorted((a, b) => (this.#rankOf.get(a) ?? 0) - (this.#rankOf.get(b) ?? 0));
  }
}

/** Those of an attempt that acted before its message was over, or not long after they began to. */
function inTime(met: readonly ServerFaultRecord[], endedUs: number): readonly ServerFaultRecord[] {
  const firstUs = met.reduce((atUs, record) => Math.min(atUs, record.atUs), Infinity);
  const untilUs = Math.max(firstUs, endedUs) + LINE_GRACE_US;
  return met.filter(({ atUs }) => atUs <= untilUs);
}

function wireKey(remote: string, sequence: number): string {
  return `${remote}#${sequence}`;
}

function hex(half: number): string {
  return half.toString(16).padStart(8, "0");
}
