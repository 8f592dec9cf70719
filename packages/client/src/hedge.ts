/**
 * When to ask a second time although the first may still be answered, and when not to.
 *
 * After the time in which most replies come (by default 95 % of the last thousand), and only while
 * that costs little: every attempt earns the twentieth part of a hedge, nothing is given in advance,
 * and little can be saved. So in an outage, where every message looks slow, load grows by five
 * percent and no more (Dean and Barroso, "The Tail at Scale", 2013; Finagle's backup requests).
 * No clock in it: latencies come in, a delay comes out. A fixed delay was the road not taken: it is
 * wrong as soon as the server becomes faster or slower.
 */
import { durationUsOf, integerOf, numberOf, refusal } from "./checks.ts";

/** When and how often to hedge. */
export interface HedgeOptions {
  /** The share of replies, above 0 and below 1, after whose time a hedge is sent. @default 0.95 */
  readonly quantile?: number;
  /** Never hedge sooner. @default 1 */
  readonly delayMsMin?: number;
  /** Hedges, divided by other attempts; above 0 and at most 1. @default 0.05 */
  readonly extraLoadMax?: number;
  /** Replies that must have come before the first hedge. @default 100: fewer say little of a tail */
  readonly samplesMin?: number;
}

/** A hedging policy: one for a client, or one for all clients of a server. */
export interface Hedge {
  /** How long to wait for a reply before hedging; undefined: not enough is known yet. Microseconds. */
  readonly delayUs: number | undefined;
  /** An attempt was sent that is no hedge. */
  earn(): void;
  /**
   * Pays for one hedge.
   *
   * @returns false: there is not enough saved, and nothing was taken.
   */
  spend(): boolean;
  /** A reply came so long after its message, or the hedge before it, was first sent. */
  sample(latencyUs: number): void;
}

/** Latencies remembered, and how many new ones make the delay be found anew. */
const SAMPLES = 1000;
const SAMPLES_FRESH = 50;
/** A hedge, and all that can be saved, in thousandths. */
const COST = 1000;
const SAVED_MAX = 10 * COST;

/**
 * Makes a policy that knows nothing yet.
 *
 * @example
 * const hedge = createHedge({ quantile: 0.5, samplesMin: 3, extraLoadMax: 1 });
 * for (const latencyUs of [3000, 1000, 2000]) hedge.sample(latencyUs);
 * hedge.delayUs; // 2000
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createHedge(options: HedgeOptions = {}): Hedge {
  const share = setting("quantile", options.quantile ?? 0.95);
  const quantile = numberOf(share, 0);
  if (!(quantile > 0 && quantile < 1)) {
    throw new RangeError(refusal(share, "above 0 and below 1"));
  }
  const load = setting("extraLoadMax", options.extraLoadMax ?? 0.05);
  const extraLoad = numberOf(load, 0);
  if (!(extraLoad > 0 && extraLoad <= 1)) {
    throw new RangeError(refusal(load, "above 0 and at most 1"));
  }
  return new QuantileHedge({
    quantile,
    delayUsMin: durationUsOf(setting("delayMsMin", options.delayMsMin ?? 1)),
    earned: Math.floor(extraLoad * COST),
    samplesMin: integerOf(setting("samplesMin", options.samplesMin ?? 100), 1, SAMPLES),
  });
}

interface Rules {
  readonly quantile: number;
  readonly delayUsMin: number;
  readonly earned: number;
  readonly samplesMin: number;
}

class QuantileHedge implements Hedge {
  readonly #rules: Rules;
  readonly #latenciesUs: number[] = [];
  /** Samples in all, and how many of them the delay takes into account. */
  #samples = 0;
  #known = 0;
  #saved = 0;
  delayUs: number | undefined = undefined;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  earn(): void {
    this.#saved = Math.min(SAVED_MAX, this.#saved + this.#rules.earned);
  }

  spend(): boolean {
    if (this.#saved < COST) return false;
    this.#saved -= COST;
    return true;
  }

  sample(latencyUs: number): void {
    this.#latenciesUs[this.#samples % SAMPLES] = latencyUs;
    this.#samples++;
    const { delayUsMin, quantile, samplesMin } = this.#rules;
    if (this.#samples < samplesMin) return;
    if (this.#known > 0 && this.#samples - this.#known < SAMPLES_FRESH) return;
    this.#known = this.#samples;
    const sorted = this.#latenciesUs.toSorted((one, other) => one - other);
    // The nearest rank: so many of them, at least, are no longer than this.
    const rank = Math.ceil(quantile * sorted.length);
    this.delayUs = Math.max(delayUsMin, sorted[rank - 1] ?? 0);
  }
}

function setting(
  name: keyof HedgeOptions,
  value: unknown,
): { doing: string; name: string; value: unknown } {
  return { doing: "hedge", name: `hedge.${name}`, value };
}
