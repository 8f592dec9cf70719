/**
 * Who may dial an endpoint, and when: shared by all who connect to it from one process.
 *
 *   nobody knows   the first dials, all others wait for it
 *   it failed      all who waited are told; nobody dials before a pause, spread by chance, is over
 *   it is there    those who waited dial one after the other, a few milliseconds apart
 *
 * So two hundred clients that lose a server in the same moment knock with one hand while it is
 * gone, and do not trample it when it is back (RFC 7252 section 4.8.1 on synchronisation). Each of
 * them dialling on its own, spread by its own backoff, is what a client does that has none of this.
 * It keeps no more than one entry for each connection of those who share it.
 */
import type { Clock, Draw, Timer } from "@faultline/protocol";
import type { Backoff, BackoffOptions } from "./backoff.ts";
import { createBackoff } from "./backoff.ts";
import { durationUsOf, refusal } from "./checks.ts";
import type { LineFailure } from "./line-failure.ts";

/** How dials are shared and spread. */
export interface ReconnectOptions {
  readonly clock: Clock;
  /** Chance for pauses and gaps. */
  readonly draw: Draw;
  /** Pauses between dials that fail. @default exponential from 100 ms, doubling up to 30 s, full jitter */
  readonly backoff?: BackoffOptions;
  /** Mean time between the dials of those who waited. @default 5: two hundred a second */
  readonly gapMs?: number;
  /** All who waited have dialled by then, however many: gaps are made smaller. @default 1000 */
  readonly spreadMs?: number;
}

/** One that wants a link. */
export interface Caller {
  /** It is its turn. */
  dial(): void;
  /** Its dial, or one that it waited for, has failed. */
  dialFailed(failure: LineFailure): void;
}

/** The dials to one endpoint. Give the same to all clients and pools of a process that dial it. */
export interface Reconnect {
  /** Whether the last dial failed, and none has brought a link since. */
  readonly isDown: boolean;
  /** Whether who asks now may dial at once. */
  mayDial(nowUs: number): boolean;
  /** Calls `dial` when it is the caller's turn, maybe at once, or `dialFailed`. */
  wait(caller: Caller): void;
  /** The caller wants no link any more, or the dial that it began has been given up. */
  leave(caller: Caller): void;
  /** The dial that the caller began has brought a link. */
  opened(caller: Caller): void;
  /** It has failed: the caller is told, and all who waited. */
  failed(caller: Caller, failure: LineFailure): void;
}

/** The second part of the keys of its draws: beyond any attempt. */
const DRAW_KEY = 0x1_0000;
const DRAWS = 2 ** 32;
/** The reference client's longest pause: an endpoint that is back is found within half a minute. */
const PAUSE_MS_MAX = 30_000;

/**
 * Makes a reconnect for one endpoint.
 *
 * @example
 * const reconnect = createReconnect({ clock, draw: randomDraw() });
 * const one = createClient({ dialer, clock, draw, session: randomSession(), reconnect });
 * const other = createClient({ dialer, clock, draw, session: randomSession(), reconnect });
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createReconnect(options: ReconnectOptions): Reconnect {
  const { clock, draw, backoff = {} } = options;
  if (typeof clock?.nowUs !== "function") {
    throw new TypeError(refusal(setting("clock", clock), "a Clock"));
  }
  if (typeof draw !== "function") {
    throw new TypeError(refusal(setting("draw", draw), "a function"));
  }
  const maxMs = backoff.maxMs ?? Math.max(PAUSE_MS_MAX, backoff.firstMs ?? 0);
  return new SharedReconnect({
    clock,
    draw,
    pauses: createBackoff({ ...backoff, maxMs }),
    gapUs: durationUsOf(setting("gapMs", options.gapMs ?? 5)),
    spreadUs: durationUsOf(setting("spreadMs", options.spreadMs ?? 1000)),
  });
}

interface Rules {
  readonly clock: Clock;
  readonly draw: Draw;
  readonly pauses: Backoff;
  readonly gapUs: number;
  readonly spreadUs: number;
}

class SharedReconnect implements Reconnect {
  readonly #rules: Rules;
  readonly #waiting = new Set<Caller>();
  readonly #dialling = new Set<Caller>();
  #state: "unknown" | "up" | "down" = "unknown";
  #pause: Backoff;
  #pausedUntilUs = -Infinity;
  #gapUs = 0;
  #draws = 0;
  #timer: Timer | undefined;
  readonly #fire = (): void => this.#next();

  constructor(rules: Rules) {
    this.#rules = rules;
    this.#pause = rules.pauses;
  }

  get isDown(): boolean {
    return this.#state === "down";
  }

  mayDial(nowUs: number): boolean {
    if (nowUs < this.#pausedUntilUs) return false;
    return this.#waiting.size === 0 && this.#dialling.size === 0;
  }

  wait(caller: Caller): void {
    const nowUs = this.#rules.clock.nowUs();
    if (this.mayDial(nowUs)) {
      this.#begin(caller);
      return;
    }
    this.#waiting.add(caller);
    if (nowUs < this.#pausedUntilUs) this.#arm(this.#pausedUntilUs);
  }

  leave(caller: Caller): void {
    this.#waiting.delete(caller);
    if (this.#waiting.size === 0) this.#disarm();
    if (this.#dialling.delete(caller) && this.#timer === undefined) this.#next();
  }

  opened(caller: Caller): void {
    const { gapUs, pauses, spreadUs } = this.#rules;
    this.#dialling.delete(caller);
    this.#state = "up";
    this.#pause = pauses;
    this.#pausedUntilUs = -Infinity;
    if (this.#waiting.size === 0 || this.#timer !== undefined) return;
    this.#gapUs = Math.min(gapUs, spreadUs / this.#waiting.size);
    this.#armGap();
  }

  failed(caller: Caller, failure: LineFailure): void {
    const { clock } = this.#rules;
    const nowUs = clock.nowUs();
    this.#dialling.delete(caller);
    this.#state = "down";
    // Several may have dialled at once: together they are one failure.
    if (nowUs >= this.#pausedUntilUs) {
      const { backoff, delayUs } = this.#pause.next(this.#chance());
      this.#pause = backoff;
      this.#pausedUntilUs = nowUs + delayUs;
    }
    this.#disarm();
    const told = [caller, ...this.#waiting];
    this.#waiting.clear();
    for (const each of told) each.dialFailed(failure);
  }

  #next(): void {
    this.#timer = undefined;
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    this.#begin(first);
    if (this.#state === "up" && this.#waiting.size > 0) this.#armGap();
  }

  #begin(caller: Caller): void {
    this.#dialling.add(caller);
    caller.dial();
  }

  /** Half a gap to one and a half. */
  #armGap(): void {
    const waitUs = Math.ceil(this.#gapUs * (0.5 + this.#chance() / DRAWS));
    this.#arm(this.#rules.clock.nowUs() + waitUs);
  }

  #arm(atUs: number): void {
    this.#timer ??= this.#rules.clock.setTimer(atUs, this.#fire);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #chance(): number {
    return this.#rules.draw(this.#draws++, DRAW_KEY);
  }
}

function setting(
  name: keyof ReconnectOptions,
  value: unknown,
): { doing: string; name: string; value: unknown } {
  return { doing: "reconnect", name: `reconnect.${name}`, value };
}
