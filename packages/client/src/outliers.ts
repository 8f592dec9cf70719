/**
 * Which endpoints of a pool to leave alone for a while, because they fail where others do not.
 *
 *   five failures in a row, or (if asked for) far less success than the others -> ejected
 *   ejected for 30 s times the ejections so far, 300 s at most; every whole interval since takes one off
 *
 * The rules and figures are Envoy's (outlier detection: consecutive_5xx, base_ejection_time,
 * max_ejection_percent, success_rate_stdev_factor; gRPC A50 has the same). A state machine without
 * a clock: `now` comes in with each call. At most a tenth of the endpoints is out at once, but one
 * may always be where there are two; never all: with nobody left to ask, everybody is asked.
 */
import { durationUsOf, integerOf, numberOf, refusal } from "./checks.ts";

/** When an endpoint is ejected, and for how long. */
export interface OutlierOptions {
  /** Failures in a row that eject. @default 5 */
  readonly consecutiveFailures?: number;
  /** How long the first ejection lasts; the n-th lasts n times as long. @default 30_000 */
  readonly baseEjectionMs?: number;
  /** No ejection is longer. @default 300_000, or `baseEjectionMs` where that is more */
  readonly ejectionMsMax?: number;
  /** Share of the endpoints, in percent, that may be out at once; one may always. @default 10 */
  readonly ejectedPercentMax?: number;
  /** Over how long success is measured, and a past ejection forgiven. @default 10_000 */
  readonly intervalMs?: number;
  /** Ejects those that succeed less often than the others; `null`: only failures in a row count. @default null */
  readonly successRate?: SuccessRateOptions | null;
}

/** What is less success than the others have. */
export interface SuccessRateOptions {
  /** So many standard deviations below the mean. @default 1.9 */
  readonly stdevFactor?: number;
  /** An endpoint with fewer answers and failures in the interval is not compared. @default 100 */
  readonly requestsMin?: number;
  /** Fewer endpoints than this are not compared. @default 5 */
  readonly endpointsMin?: number;
}

/** The endpoints of one pool, by their number. */
export interface Outliers {
  isEjected(endpoint: number, nowUs: number): boolean;
  /**
   * The endpoint has answered, or failed.
   *
   * @returns those that this has ejected.
   */
  record(endpoint: number, isGood: boolean, nowUs: number): readonly Ejection[];
  /** Times the endpoint has been ejected. */
  ejections(endpoint: number): number;
}

/** One endpoint that is left alone from now on. */
export interface Ejection {
  readonly endpoint: number;
  readonly forUs: number;
}

/** The options, checked and complete. */
interface Rules {
  readonly consecutiveFailures: number;
  readonly baseUs: number;
  readonly maxUs: number;
  readonly ejectedMax: number;
  readonly intervalUs: number;
  readonly successRate: Required<SuccessRateOptions> | null;
}

interface Standing {
  readonly endpoint: number;
  /** Failures since the last answer. */
  inRow: number;
  /** What the next ejection's length is multiplied by, less one. */
  severity: number;
  untilUs: number;
  ejections: number;
  /** Of the interval under way. */
  good: number;
  bad: number;
}

const NONE: readonly Ejection[] = [];

/**
 * Makes the watch over that many endpoints, none of which is ejected.
 *
 * @example
 * const outliers = createOutliers(3, { consecutiveFailures: 2 });
 * outliers.record(0, false, 0);
 * outliers.record(0, false, 1); // [{ endpoint: 0, forUs: 30_000_000 }]
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createOutliers(endpoints: number, options: OutlierOptions = {}): Outliers {
  return new StandingOutliers(endpoints, rulesOf(endpoints, options));
}

class StandingOutliers implements Outliers {
  readonly #rules: Rules;
  readonly #standings: readonly Standing[];
  #sweepUs: number | undefined;

  constructor(endpoints: number, rules: Rules) {
    this.#rules = rules;
    this.#standings = Array.from({ length: endpoints }, (_, endpoint) => ({
      endpoint,
      inRow: 0,
      severity: 0,
      untilUs: -Infinity,
      ejections: 0,
      good: 0,
      bad: 0,
    }));
  }

  isEjected(endpoint: number, nowUs: number): boolean {
    return nowUs < this.#standings[endpoint]!.untilUs;
  }

  ejections(endpoint: number): number {
    return this.#standings[endpoint]!.ejections;
  }

  record(endpoint: number, isGood: boolean, nowUs: number): readonly Ejection[] {
    const swept = this.#sweep(nowUs);
    const standing = this.#standings[endpoint]!;
    if (isGood) {
      standing.good++;
      standing.inRow = 0;
      return swept;
    }
    standing.bad++;
    standing.inRow++;
    if (standing.inRow < this.#rules.consecutiveFailures) return swept;
    const ejection = this.#eject(standing, nowUs);
    return ejection === undefined ? swept : [...swept, ejection];
  }

  #eject(standing: Standing, nowUs: number): Ejection | undefined {
    const { baseUs, ejectedMax, maxUs } = this.#rules;
    const out = this.#standings.filter(({ untilUs }) => nowUs < untilUs);
    if (out.length >= ejectedMax || out.includes(standing)) return undefined;
    standing.severity++;
    standing.ejections++;
    standing.inRow = 0;
    const forUs = Math.min(maxUs, baseUs * standing.severity);
    standing.untilUs = nowUs + forUs;
    return { endpoint: standing.endpoint, forUs };
  }

  /** At the end of an interval: compares success, and forgives. */
  #sweep(nowUs: number): readonly Ejection[] {
    const { intervalUs } = this.#rules;
    this.#sweepUs ??= nowUs + intervalUs;
    if (nowUs < this.#sweepUs) return NONE;
    const intervals = Math.floor((nowUs - this.#sweepUs) / intervalUs) + 1;
    const lastUs = this.#sweepUs + (intervals - 1) * intervalUs;
    for (const standing of this.#standings) {
      const quiet = Math.floor((lastUs - standing.untilUs) / intervalUs);
      standing.severity = Math.max(0, standing.severity - Math.max(0, Math.min(quiet, intervals)));
    }
    this.#sweepUs = lastUs + intervalUs;
    const ejected = this.#compare(nowUs);
    for (const standing of this.#standings) standing.good = standing.bad = 0;
    return ejected;
  }

  #compare(nowUs: number): readonly Ejection[] {
    const { successRate } = this.#rules;
    if (successRate === null) return NONE;
    const { endpointsMin, requestsMin, stdevFactor } = successRate;
    const compared = this.#standings.filter(({ good, bad }) => good + bad >= requestsMin);
    if (compared.length < endpointsMin) return NONE;
    const rates = compared.map(({ good, bad }) => good / (good + bad));
    const mean = meanOf(rates);
    const stdev = Math.sqrt(meanOf(rates.map((rate) => (rate - mean) * (rate - mean))));
    const threshold = mean - stdevFactor * stdev;
    return compared
      .filter((_, index) => rates[index]! < threshold)
      .flatMap((standing) => this.#eject(standing, nowUs) ?? []);
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rulesOf(endpoints: number, options: OutlierOptions): Rules {
  const baseMs = options.baseEjectionMs ?? 30_000;
  const baseUs = durationUsOf(setting("baseEjectionMs", baseMs), 1);
  const maxMs = setting("ejectionMsMax", options.ejectionMsMax ?? Math.max(300_000, baseMs));
  const maxUs = durationUsOf(maxMs);
  if (maxUs < baseUs) {
    throw new RangeError(refusal(maxMs, `at least "outliers.baseEjectionMs", ${baseMs}`));
  }
  const percent = setting("ejectedPercentMax", options.ejectedPercentMax ?? 10);
  const ejectedPercentMax = integerOf(percent, 0, 100);
  const inRow = setting("consecutiveFailures", options.consecutiveFailures ?? 5);
  const { successRate = null } = options;
  return {
    consecutiveFailures: integerOf(inRow, 1, 2 ** 31),
    baseUs,
    maxUs,
    ejectedMax: Math.min(
      endpoints - 1,
      Math.max(1, Math.floor((endpoints * ejectedPercentMax) / 100)),
    ),
    intervalUs: durationUsOf(setting("intervalMs", options.intervalMs ?? 10_000), 1),
    successRate: successRate === null ? null : successRateOf(successRate),
  };
}

function successRateOf(options: SuccessRateOptions): Required<SuccessRateOptions> {
  const factor = setting("successRate.stdevFactor", options.stdevFactor ?? 1.9);
  const requests = setting("successRate.requestsMin", options.requestsMin ?? 100);
  const endpoints = setting("successRate.endpointsMin", options.endpointsMin ?? 5);
  return {
    stdevFactor: numberOf(factor, 0),
    requestsMin: integerOf(requests, 1, 2 ** 31),
    endpointsMin: integerOf(endpoints, 2, 2 ** 31),
  };
}

function setting(name: string, value: unknown): { doing: string; name: string; value: unknown } {
  return { doing: "eject outliers", name: `outliers.${name}`, value };
}
