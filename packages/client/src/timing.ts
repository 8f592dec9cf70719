/**
 * How long one client waits: for the reply to an attempt, and for a sign of life of its link.
 *
 * Fixed, or as the round trips say: the only place that holds an estimate and replaces it. A link
 * is given three probe timeouts (RFC 9000 section 10.1.1: idle timeouts shorter than that take a lost
 * packet for a dead peer), and never longer than an attempt where that is fixed.
 */
import type { RttEstimate, RttProfile } from "@faultline/protocol";
import { createRttEstimate, rttProfiles } from "@faultline/protocol";
import { durationUsOf, refusal, wordOf } from "./checks.ts";

/** What a user may say of it. */
export interface TimingOptions {
  /**
   * How long an attempt may wait for its reply. `"adaptive"`: the probe timeout of the round trips
   * measured so far, doubled with every attempt.
   *
   * @default 3000
   */
  readonly attemptTimeoutMs?: number | "adaptive";
  /**
   * What round trips are measured by; `null`: they are not.
   *
   * @default "internet" where `attemptTimeoutMs` is `"adaptive"`, else `null`
   */
  readonly rtt?: "internet" | "loopback" | RttProfile | null;
}

const PROBES_BEFORE_DEATH = 3;

/** The times of one client. */
export class Timing {
  readonly #attemptUs: number | undefined;
  /** Whether samples are of use. */
  readonly isMeasuring: boolean;
  #rtt: RttEstimate | undefined;

  constructor(attemptUs: number | undefined, rtt: RttEstimate | undefined) {
    this.#attemptUs = attemptUs;
    this.#rtt = rtt;
    this.isMeasuring = rtt !== undefined;
  }

  /** What is known of the round trip; undefined: it is not measured. */
  get rtt(): RttEstimate | undefined {
    return this.#rtt;
  }

  /** The reply to an attempt came so long after it was sent. */
  sample(roundTripUs: number): void {
    if (this.#rtt !== undefined) this.#rtt = this.#rtt.next(roundTripUs);
  }

  /** How long an attempt may wait for its reply, after so many that failed. */
  attemptTimeoutUs(failed: number): number {
    return this.#attemptUs ?? this.#rtt!.timeoutUs(failed);
  }

  /** How long a link may be silent once it has been asked for a sign of life. */
  silenceUs(): number {
    const fixedUs = this.#attemptUs ?? Infinity;
    if (this.#rtt === undefined) return fixedUs;
    return Math.min(fixedUs, PROBES_BEFORE_DEATH * this.#rtt.timeoutUs(0));
  }
}

/** @throws TypeError or RangeError naming the option, its rule and the value it had. */
export function timingOf(options: TimingOptions): Timing {
  const { attemptTimeoutMs = 3000 } = options;
  const isAdaptive = attemptTimeoutMs === "adaptive";
  const { rtt = isAdaptive ? "internet" : null } = options;
  const estimate = rtt === null ? undefined : createRttEstimate(profileOf(rtt));
  const setting = { doing: "retry", name: "attemptTimeoutMs", value: attemptTimeoutMs };
  if (!isAdaptive) return new Timing(durationUsOf(setting, 1), estimate);
  if (estimate !== undefined) return new Timing(undefined, estimate);
  throw new TypeError(refusal(setting, 'a number of milliseconds where "rtt" is null'));
}

function profileOf(rtt: "internet" | "loopback" | RttProfile): RttProfile {
  if (typeof rtt === "object") return rtt;
  const setting = { doing: "time round trips", name: "rtt", value: rtt };
  return rttProfiles[wordOf(setting, ["internet", "loopback"])];
}
