/**
 * How long a round trip takes, and how long to wait for one: RFC 9002 sections 5 and 6.2, which are
 * RFC 6298 with better samples.
 *
 *   first sample   smoothed = R, variation = R / 2
 *   later ones     variation = 3/4 variation + 1/4 |smoothed - R|, then smoothed = 7/8 smoothed + 1/8 R
 *   timeout        (smoothed + max(4 variation, granularity) + longest delay of a reply) * 2^expiries
 *
 * A value: a sample gives the next one. There is no sample from a guess (Karn's rule, RFC 6298
 * section 3): replies echo the attempt they answer, so the trip of a repeated message is as certain
 * as that of any other, and a late one is the most telling. An estimate never learns from what was
 * lost; a fixed timeout that does not learn at all was the road not taken.
 */
import { durationUsOf, settingRefusal } from "./settings.ts";

/** What an estimate begins with, and between what its timeouts stay. Milliseconds. */
export interface RttProfile {
  /** Taken for a round trip before the first sample, with half of it as variation. */
  readonly initialMs: number;
  /** A timer cannot be trusted more finely than this. */
  readonly granularityMs: number;
  /** The longest time that a peer keeps a reply back on purpose; what it says is clamped to it. */
  readonly ackDelayMaxMs: number;
  /** No timeout is shorter. */
  readonly floorMs: number;
  /** No timeout is longer, however often it has doubled. */
  readonly ceilingMs: number;
}

/**
 * `internet`: safe on any path. 333 ms make a first timeout of about a second (RFC 9002 section
 * 6.2.2); floor and ceiling are those of RFC 6298, section 2.4 and 2.5.
 * `loopback`: for tests and one machine. RFC 8085 calls timeouts of less than a second unsafe on a
 * path that was not measured, so it must be asked for; the granularity allows for a busy event loop.
 */
export const rttProfiles: Readonly<Record<"internet" | "loopback", RttProfile>> = {
  internet: {
    initialMs: 333,
    granularityMs: 1,
    ackDelayMaxMs: 25,
    floorMs: 1000,
    ceilingMs: 60_000,
  },
  loopback: {
    initialMs: 20,
    granularityMs: 5,
    ackDelayMaxMs: 5,
    floorMs: 5,
    ceilingMs: 60_000,
  },
};

/** What is known of the round trip. Times are integer microseconds. */
export interface RttEstimate {
  readonly samples: number;
  /** The last sample; 0 before the first. */
  readonly latestUs: number;
  /** The shortest sample; Infinity before the first. */
  readonly minUs: number;
  readonly smoothedUs: number;
  readonly variationUs: number;
  /**
   * The estimate after one more sample.
   *
   * @param sampleUs from the sending of an attempt to its own reply.
   * @param ackDelayUs how long the peer says that it kept the reply back. @default 0
   */
  next(sampleUs: number, ackDelayUs?: number): RttEstimate;
  /** How long to wait after so many waits in a row were in vain: the probe timeout. */
  timeoutUs(expiries: number): number;
}

/**
 * An estimate before its first sample.
 *
 * @example
 * const rtt = createRttEstimate(rttProfiles.loopback).next(8000);
 * rtt.timeoutUs(0); // 8000 + 4 * 4000 + 5000
 *
 * @throws TypeError or RangeError naming the setting, its rule and the value it had.
 */
export function createRttEstimate(profile: RttProfile = rttProfiles.internet): RttEstimate {
  const bounds: Bounds = {
    granularityUs: durationOf(profile, "granularityMs"),
    ackDelayMaxUs: durationOf(profile, "ackDelayMaxMs"),
    floorUs: durationOf(profile, "floorMs"),
    ceilingUs: durationOf(profile, "ceilingMs"),
  };
  if (bounds.ceilingUs < bounds.floorUs) {
    const setting = { doing: "time round trips", name: "rtt.ceilingMs", value: profile.ceilingMs };
    throw new RangeError(settingRefusal(setting, `at least "rtt.floorMs", ${profile.floorMs}`));
  }
  const smoothedUs = durationOf(profile, "initialMs");
  const variationUs = Math.round(smoothedUs / 2);
  const known = { samples: 0, latestUs: 0, minUs: Infinity, smoothedUs, variationUs };
  return new Estimate(known, bounds);
}

interface Bounds {
  readonly granularityUs: number;
  readonly ackDelayMaxUs: number;
  readonly floorUs: number;
  readonly ceilingUs: number;
}

type Known = Omit<RttEstimate, "next" | "timeoutUs">;

/** Doublings after which every timeout is at its ceiling: a day is less than 2^37 microseconds. */
const EXPIRIES_MAX = 40;

class Estimate implements RttEstimate {
  readonly samples: number;
  readonly latestUs: number;
  readonly minUs: number;
  readonly smoothedUs: number;
  readonly variationUs: number;
  readonly #bounds: Bounds;

  constructor(known: Known, bounds: Bounds) {
    this.samples = known.samples;
    this.latestUs = known.latestUs;
    this.minUs = known.minUs;
    this.smoothedUs = known.smoothedUs;
    this.variationUs = known.variationUs;
    this.#bounds = bounds;
  }

  next(sampleUs: number, ackDelayUs = 0): RttEstimate {
    const latestUs = Math.max(0, Math.round(sampleUs));
    const minUs = Math.min(this.minUs, latestUs);
    const samples = this.samples + 1;
    if (this.samples === 0) {
      const variationUs = Math.round(latestUs / 2);
      const known = { samples, latestUs, minUs, smoothedUs: latestUs, variationUs };
      return new Estimate(known, this.#bounds);
    }
    const delayUs = Math.min(Math.max(0, ackDelayUs), this.#bounds.ackDelayMaxUs);
    // What is left must not be shorter than the shortest trip: a peer cannot talk it down.
    const adjustedUs = latestUs >= minUs + delayUs ? latestUs - delayUs : latestUs;
    // In this order, the variation against the old mean: RFC 6298 section 2.3, and erratum 7539
    // to RFC 9002 section 5.3.
    const deviationUs = Math.abs(this.smoothedUs - adjustedUs);
    const variationUs = Math.round((3 * this.variationUs + deviationUs) / 4);
    const smoothedUs = Math.round((7 * this.smoothedUs + adjustedUs) / 8);
    return new Estimate({ samples, latestUs, minUs, smoothedUs, variationUs }, this.#bounds);
  }

  timeoutUs(expiries: number): number {
    const { ackDelayMaxUs, ceilingUs, floorUs, granularityUs } = this.#bounds;
    const spreadUs = Math.max(4 * this.variationUs, granularityUs);
    const onceUs = Math.max(floorUs, this.smoothedUs + spreadUs + ackDelayMaxUs);
    return Math.min(ceilingUs, onceUs * 2 ** Math.min(Math.max(0, expiries), EXPIRIES_MAX));
  }
}

function durationOf(profile: RttProfile, name: keyof RttProfile): number {
  return durationUsOf({ doing: "time round trips", name: `rtt.${name}`, value: profile[name] });
}
