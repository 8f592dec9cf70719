/**
 * Did a fault fire as often as it should? Counts, expectation and variance, which all add up.
 *
 * An independent draw of chance p for each of n units: expectation n·p, variance n·p·(1-p).
 * A correlated series (burst-loss) of mean m, with covariance swing · memory^k between messages
 * at distance k, over n messages in a row:
 *
 *   variance = n·m·(1-m) + 2·swing · Σ (n-k)·memory^k     for k = 1 … n-1
 *
 * A retry is sent because a message was lost, so it meets the same burst and is lost more often
 * than the mean says. Expectation and variance therefore speak of first attempts, and the losses
 * of retries are taken as expected: z compares what can be compared.
 */
import type { Series } from "./fault.ts";
import { SessionTable } from "./sessions.ts";
import type { FaultKind } from "./spec.ts";
import type { Direction, Unit } from "./verdict.ts";

/** How often a fault could fire, how often it did and how often it should have. */
export interface FaultStats {
  readonly id: string;
  readonly kind: FaultKind;
  /** Units it could have acted on. In an exclusive plan: attempts. */
  readonly eligible: number;
  readonly fired: number;
  /** What `fired` should be on average. */
  readonly expected: number;
  /** The square of how far `fired` strays from that by chance. */
  readonly variance: number;
}

/** The stats of one fault in two places (workers, phases) as one. */
export function mergeFaultStats(one: FaultStats, other: FaultStats): FaultStats {
  return {
    id: one.id,
    kind: one.kind,
    eligible: one.eligible + other.eligible,
    fired: one.fired + other.fired,
    expected: one.expected + other.expected,
    variance: one.variance + other.variance,
  };
}

/**
 * How many standard deviations `fired` lies from `expected`.
 *
 * @returns null where chance had no say (variance 0): then it should be equal
 */
export function zScore(stats: Pick<FaultStats, "fired" | "expected" | "variance">): number | null {
  if (stats.variance <= 0) return null;
  return (stats.fired - stats.expected) / Math.sqrt(stats.variance);
}

/** Each of the eligible fires with chance `share`, whatever the others do. */
export function independentMoments(
  eligible: number,
  share: number,
): Pick<FaultStats, "expected" | "variance"> {
  return { expected: eligible * share, variance: eligible * share * (1 - share) };
}

/** A series of which only every so-many-th message counts, and fires with chance `share` of it. */
export function thinned(
  series: Series,
  by: { readonly share: number; readonly spacing: number },
): Series {
  return {
    mean: series.mean * by.share,
    swing: series.swing * by.share * by.share,
    memory: integerPower(series.memory, by.spacing),
  };
}

/** The variance of the sum of `count` neighbours of a series; see the top of the file. */
export function seriesVariance(series: Series, count: number): number {
  const alone = count * series.mean * (1 - series.mean);
  const { memory, swing } = series;
  if (swing === 0 || count < 2) return alone;
  // The chain that never moves: every pair of messages is alike.
  if (memory === 1) return alone + swing * count * (count - 1);
  const rest = (1 - integerPower(memory, count)) / (1 - memory);
  return alone + (2 * swing * memory * (count - rest)) / (1 - memory);
}

/** By squaring: `**` may differ between engines in the last bit, products may not. */
export function integerPower(base: number, exponent: number): number {
  let power = 1;
  let square = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power *= square;
    square *= square;
  }
  return power;
}

/** Counts first attempts by session and direction, for the variance of a series. */
export class SeriesTally {
  readonly #series: Series;
  readonly #counts: SessionTable<Record<Direction, number>>;
  #first = 0;
  #firedRetries = 0;
  #varianceForgotten = 0;

  constructor(series: Series, sessionsMax: number) {
    this.#series = series;
    this.#counts = new SessionTable(
      sessionsMax,
      () => ({ request: 0, reply: 0 }),
      (counts) => {
        this.#varianceForgotten += this.#varianceOf(counts);
      },
    );
  }

  /** An eligible unit. */
  meet(unit: Unit): void {
    if (unit.attempt !== 1) return;
    this.#first += 1;
    this.#counts.at(unit)[unit.direction] += 1;
  }

  /** A unit that the fault fired on. */
  fire(unit: Unit): void {
    if (unit.attempt !== 1) this.#firedRetries += 1;
  }

  moments(): Pick<FaultStats, "expected" | "variance"> {
    let variance = this.#varianceForgotten;
    for (const counts of this.#counts.states()) variance += this.#varianceOf(counts);
    return { expected: this.#first * this.#series.mean + this.#firedRetries, variance };
  }

  #varianceOf(counts: Record<Direction, number>): number {
    return (
      seriesVariance(this.#series, counts.request) + seriesVariance(this.#series, counts.reply)
    );
  }
}
