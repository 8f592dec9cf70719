/**
 * Which attempts lost their connection before they had gone their whole way past the faults.
 *
 *   attempt ─► (address, n-th message of that connection) ◄─ how far the server says it had come
 *
 * With several messages in flight, what one of them meets may end the connection for all. Whether
 * the server had read another by then is the machine's to say and not the seed's: the line of such
 * an attempt says that it was cut. What nobody vouches for counts as cut: a server that crashed, or
 * never took the connection, has nothing to say. Datagrams have no connection that could end.
 */
import type { Attempt } from "@faultline/client";
import type { ServerEnding } from "@faultline/server";

/**
 * Ends of connections that are remembered, some ten MiB. Half of them are forgotten at a time, the
 * older ones; an attempt on one of those counts as cut.
 */
export const ENDINGS_MAX = 65_536;
/** How much earlier than the sending an end may seem to be, in µs: clocks of two threads disagree. */
const SKEW_US = 100_000;

/** By the client's address, oldest first: an address may be had again. */
type Addresses = Map<string, ServerEnding[]>;

/** See the top of the file. */
export class Endings {
  #older: Addresses = new Map();
  #newer: Addresses = new Map();
  #newerCount = 0;
  /** Each client's link of the attempt that was sent last, as far as is known. */
  readonly #latest = new Map<number, { readonly sentUs: number; readonly local: string }>();

  /** Takes note of the links that a client has used. */
  see(client: number, attempts: readonly Attempt[]): void {
    for (const { sentUs, local, sequence } of attempts) {
      const latest = this.#latest.get(client);
      const isNewer = latest === undefined || sentUs >= latest.sentUs;
      if (sequence !== undefined && isNewer) this.#latest.set(client, { sentUs, local });
    }
  }

  /** Hands in what the server has told. All its records of these connections must be known. */
  add(endings: readonly ServerEnding[]): void {
    for (const ending of endings) {
      if (this.#newerCount === ENDINGS_MAX / 2) this.#forget();
      this.#newerCount += 1;
      const same = this.#newer.get(ending.remote);
      if (same === undefined) this.#newer.set(ending.remote, [ending]);
      else same.push(ending);
    }
  }

  /** Whether the server has yet to say how far an attempt came that has lost its connection. */
  isAwaited(client: number, attempt: Attempt): boolean {
    return this.#isLost(client, attempt) && this.#endingOf(attempt) === undefined;
  }

  isCut(client: number, attempt: Attempt): boolean {
    const { sequence } = attempt;
    if (sequence === undefined) return false;
    const ending = this.#endingOf(attempt);
    if (ending === undefined) return this.#isLost(client, attempt);
    const isRead = isAnswered(attempt) || sequence < ending.messages;
    return !isRead || ending.unfinished.includes(sequence);
  }

  /** Whether the attempt got no answer and its client has no such connection any more. */
  #isLost(client: number, attempt: Attempt): boolean {
    const { ended, local, sequence, status } = attempt;
    if (sequence === undefined || isAnswered(attempt)) return false;
    if (ended === "reset" || status === "stream-damaged") return true;
    return this.#latest.get(client)?.local !== local;
  }

  /** The first end of a connection of that address after the attempt was sent. */
  #endingOf({ local, sentUs }: Attempt): ServerEnding | undefined {
    const isAfter = ({ atUs }: ServerEnding): boolean => atUs + SKEW_US >= sentUs;
    return this.#older.get(local)?.find(isAfter) ?? this.#newer.get(local)?.find(isAfter);
  }

  #forget(): void {
    this.#older = this.#newer;
    this.#newer = new Map();
    this.#newerCount = 0;
  }
}

/** Whether the server has answered this very attempt: then its reply has met the faults. */
export function isAnswered({ ended }: Attempt): boolean {
  return ended === "reply" || ended === "late-reply" || ended === "error-reply";
}
