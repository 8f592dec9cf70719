/**
 * How soon after a fault phase things were as before: to the first success, and to a steady state.
 *
 *   baseline ──── fault ────┤ end ─► first reply to something sent after the end
 *                             └────► first of N messages in a row that are like the baseline
 *
 * Both are told from messages as they settle, whenever they were planned: a backlog is part of the
 * damage, and its waits keep the state from being steady. The first success must have been sent
 * after the end, or a reply that was merely late would pass for a recovery. Pure; keeps one window
 * of messages for each fault phase, never the run.
 */
import type { FullSpec } from "../spec/types.ts";
import { phaseStartsUs } from "../plan/schedule.ts";
import type { Recovery } from "../result/types.ts";
import { newcombe } from "../statistics/newcombe.ts";
import { nearestRank, quantileRanks } from "../statistics/quantile.ts";
import type { Settled } from "./driver.ts";
import type { Tally } from "./tally.ts";

const US_PER_MS = 1_000;
const MEDIAN = 0.5;

/** A recovery, and what is known of a time that was never reached: it is longer than this. */
export interface RecoveryMeasured extends Recovery {
  readonly firstSuccessLongerThanMs: number;
  readonly steadyStateLongerThanMs: number;
}

/** What recoveries are told from. */
export interface RecoveriesOptions {
  readonly spec: Pick<FullSpec, "phases" | "recovery">;
  /** The clock's time at which the run began. */
  readonly startUs: number;
  /** The growing tallies of the phases, in the order of the spec. */
  readonly phases: readonly Tally[];
}

/** The recoveries of a run: one for each phase of the role `fault`. */
export class Recoveries {
  readonly #watches: readonly Watch[];

  constructor({ spec, startUs, phases: tallies }: RecoveriesOptions) {
    const phases = spec.phases ?? [];
    const startsUs = phaseStartsUs(phases).map((atUs) => atUs + startUs);
    const isFault = phases.map(({ role }) => role === "fault");
    this.#watches = phases.flatMap(({ name, role }, index) => {
      if (role !== "fault") return [];
      const baseline = phases.findLastIndex((one, at) => at < index && one.role === "baseline");
      const next = isFault.indexOf(true, index + 1);
      return [
        new Watch({
          phase: name,
          fromUs: startsUs[index + 1],
          untilUs: startsUs[next] ?? Infinity,
          baseline: tallies[baseline],
          ...spec.recovery,
        }),
      ];
    });
  }

  /** A message has its outcome. */
  add(settled: Settled): void {
    for (const watch of this.#watches) watch.add(settled);
  }

  /** What came of each; null where no phase has that role. */
  results(): RecoveryMeasured[] | null {
    return this.#watches.length === 0 ? null : this.#watches.map((watch) => watch.result());
  }
}

interface WatchOptions {
  readonly phase: string;
  /** The end of the phase; undefined where it lasts until the run ends. */
  readonly fromUs: number | undefined;
  /** The beginning of the next fault phase. */
  readonly untilUs: number;
  readonly baseline: Tally | undefined;
  readonly windowMessages: number;
  readonly confidence: number;
}

/** What a window is held against. */
interface Normal {
  readonly deliveredMin: number;
  readonly medianMsMax: number;
}

interface Seen {
  readonly endedUs: number;
  readonly delivered: boolean;
  /** Delivered, and no slower than the median of a window may be. */
  readonly quick: boolean;
}

/** What happens after one fault phase. */
class Watch {
  readonly #options: WatchOptions;
  readonly #window: Seen[] = [];
  #normal: Normal | undefined;
  #delivered = 0;
  #quick = 0;
  #settled = 0;
  #lastUs: number | undefined;
  #firstUs: number | undefined;
  #steadyUs: number | undefined;
  /** The last message that began a window which was not like the baseline. */
  #unsteadyUs: number | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  add(settled: Settled): void {
    const { fromUs, untilUs, baseline, windowMessages } = this.#options;
    const { endedUs } = settled.outcome;
    if (fromUs === undefined || endedUs < fromUs || endedUs >= untilUs) return;
    this.#settled += 1;
    this.#lastUs = endedUs;
    if (this.#firstUs === undefined && wasSentAfter(settled, fromUs)) this.#firstUs = endedUs;
    if (this.#steadyUs !== undefined || baseline === undefined) return;
    if (baseline.latency.n < windowMessages) return;
    this.#normal ??= normalOf(baseline, this.#options);
    this.#push(settled, this.#normal);
  }

  result(): RecoveryMeasured {
    const { phase, fromUs = 0 } = this.#options;
    const toMs = (atUs: number | undefined): number | null =>
      atUs === undefined ? null : (atUs - fromUs) / US_PER_MS;
    return {
      phase,
      toFirstSuccessMs: toMs(this.#firstUs),
      toSteadyStateMs: toMs(this.#steadyUs),
      reason: this.#reason(),
      firstSuccessLongerThanMs: toMs(this.#lastUs) ?? 0,
      steadyStateLongerThanMs: toMs(this.#unsteadyUs) ?? 0,
    };
  }

  #push({ outcome, plannedUs }: Settled, normal: Normal): void {
    const { windowMessages } = this.#options;
    const delivered = outcome.outcome === "delivered";
    const quick = delivered && (outcome.endedUs - plannedUs) / US_PER_MS <= normal.medianMsMax;
    this.#window.push({ endedUs: outcome.endedUs, delivered, quick });
    this.#delivered += Number(delivered);
    this.#quick += Number(quick);
    const [oldest] = this.#window;
    if (oldest === undefined || this.#window.length < windowMessages) return;
    if (this.#isSteady(normal)) {
      this.#steadyUs = oldest.endedUs;
      return;
    }
    this.#unsteadyUs = oldest.endedUs;
    this.#window.shift();
    this.#delivered -= Number(oldest.delivered);
    this.#quick -= Number(oldest.quick);
  }

  /** The median is quick enough where as many as its rank are. */
  #isSteady({ deliveredMin }: Normal): boolean {
    if (this.#delivered === 0 || this.#delivered < deliveredMin) return false;
    return this.#quick >= nearestRank(MEDIAN, this.#delivered);
  }

  #reason(): string | null {
    const { fromUs, untilUs, baseline, windowMessages } = this.#options;
    if (this.#firstUs !== undefined && this.#steadyUs !== undefined) return null;
    if (fromUs === undefined) return "the phase lasts until the run ends";
    const when = untilUs === Infinity ? "after it" : "between it and the next fault phase";
    if (this.#settled === 0) return `no message settled ${when}`;
    if (this.#firstUs === undefined) return `nothing sent ${when} was delivered`;
    if (baseline === undefined) return "no phase before it has the role baseline";
    const { n } = baseline.latency;
    if (n < windowMessages)
      return `the baseline delivered ${n} messages, ${windowMessages} are needed`;
    return this.#settled < windowMessages
      ? `${this.#settled} messages settled ${when}, a window takes ${windowMessages}`
      : `no ${windowMessages} messages in a row ${when} were like the baseline`;
  }
}

/** Whether it was delivered by an attempt that was made after a moment. */
function wasSentAfter({ outcome }: Settled, fromUs: number): boolean {
  if (outcome.outcome !== "delivered") return false;
  const answered = outcome.attempts.find(
    ({ ended }) => ended === "reply" || ended === "late-reply",
  );
  return answered !== undefined && answered.sentUs >= fromUs;
}

/**
 * What a window like the baseline looks like: its delivery cannot be told from the baseline's
 * (Newcombe's interval of the difference reaches 0), and its median is one that so many messages
 * of the baseline would have, but for one tail of the confidence.
 */
function normalOf({ counts, latency }: Tally, options: WatchOptions): Normal {
  const { windowMessages: n, confidence } = options;
  const baseline = { successes: counts.delivered, n: counts.messages };
  let deliveredMin = n;
  while (deliveredMin > 0) {
    const high = newcombe({ successes: deliveredMin - 1, n }, baseline, confidence)?.[1] ?? 0;
    if (high < 0) break;
    deliveredMin -= 1;
  }
  const { upper } = quantileRanks(MEDIAN, n, confidence);
  return { deliveredMin, medianMsMax: latency.quantile((upper ?? n) / n) ?? 0 };
}
