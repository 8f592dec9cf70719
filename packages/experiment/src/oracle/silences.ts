/**
 * Runs with a black hole, or cut off by a partition: links that fall silent and stay open.
 *
 *   live ──swallowed──► silent                  a timeout, and a ping that nobody answers
 *   silent ──probed───► down ──connect──► live  one silence later the client drops the link
 *
 * What is sent into the silent link ends with it, as a reset; from the timeout to the drop it is one
 * silence, whatever wait lies in it. So an attempt on a live link fails with chance f and makes the
 * next one fail for sure, also where that is another message's: messages of a client form a chain
 * over these states (renewal.ts sums along it).
 */
import type { FullFault, FullSpec } from "../spec/types.ts";
import { messagesOf } from "../plan/schedule.ts";
import { luckOfFirsts } from "./pace.ts";
import { attempt, NoForm } from "./refusal.ts";
import {
  type Course,
  type Courses,
  dot,
  expected,
  meanAlong,
  settledShares,
  varianceAlong,
} from "./renewal.ts";
import { type Forecast, NEVER, type Sum, type TimeLaw } from "./terms.ts";
import { type WaitSum, waitSums } from "./waits.ts";
import { connectUs, ROUND_TRIP_US, usOf } from "./wire.ts";

/** Pings on datagrams share out one silence (client's liveness.ts). */
const PINGS_ON_DATAGRAMS = 3;
const SLACK = 0.8;

/** The states that a message may find the link in. */
const LIVE = 0;
const SILENT = 1;
const DOWN = 2;
const STATES = [LIVE, SILENT, DOWN];

/** One course of a message. */
interface Tried extends Course {
  readonly delivered: 0 | 1;
  readonly attempts: number;
  readonly timeouts: number;
  readonly resets: number;
  /** Attempts on a live link that were swallowed. */
  readonly swallowed: number;
  /** Variance of whether an attempt timed out or was reset, where both came at once. */
  readonly doubt: number;
  /** From submission to the reply: mean and variance in µs. */
  readonly timeUs: number;
  readonly variance: number;
}

/**
 * What theory says of such a run.
 *
 * @throws NoForm
 */
export function silencesForecast(spec: FullSpec): Forecast {
  const [fault, other] = spec.faults;
  if (fault === undefined || other !== undefined) {
    throw new NoForm(`"faults" hold others beside one that silences links`);
  }
  check(spec, fault);
  const once = 1 - fault.probability;
  const swallow = fault.direction === "both" ? 1 - once * once : fault.probability;
  const courses = STATES.map((state) => new Trial(spec, swallow).from(state));
  const sum = (reward: (one: Tried) => number): Sum => sumOver(spec, courses, reward);
  const doubt =
    spec.workload.messages *
    dot(
      settledShares(courses),
      courses.map((from) => expected(from, (one) => one.doubt)),
    );
  const doubtful = ({ mean, variance }: Sum): Sum => ({ mean, variance: variance + doubt });
  const fired = firedBy(fault);
  return {
    delivered: sum(({ delivered }) => delivered),
    counts: new Map([
      ["counts.attempts", sum(({ attempts }) => attempts)],
      ["counts.retries", sum(({ attempts }) => attempts - 1)],
      ["counts.timeouts", doubtful(sum(({ timeouts }) => timeouts))],
      ["counts.resets", doubtful(sum(({ resets }) => resets))],
      ...(fired === undefined ? [] : [[`faults.${fault.id}.fired`, sum(fired)] as const]),
      ["counts.errorReplies", NEVER],
      ["counts.corruptionsDetected", NEVER],
      ["counts.staleReplies", NEVER],
    ]),
    otherwise: `fault "${fault.id}" silences links, and what it swallows depends on the way`,
    service: attempt(() => timeLaw(spec, courses, 0)),
    latency: attempt(() => timeLaw(spec, courses, connectUs(spec))),
  };
}

/** A partition swallows every attempt. A black hole is drawn once a way, and then remembered. */
function firedBy({ kind, direction }: FullFault): ((one: Tried) => number) | undefined {
  if (kind === "partition") return ({ attempts }) => attempts;
  // both ways, what one has let through may still meet the other on a link that is silent already
  return direction === "both" ? undefined : ({ swallowed }) => swallowed;
}

function check(spec: FullSpec, { id, firstMessages, everyMessages, countMax }: FullFault): void {
  const { client, workload, transport, mode } = spec;
  if (firstMessages !== null || everyMessages !== null || countMax !== null) {
    throw new NoForm(`fault "${id}" counts messages and silences links`);
  }
  if (workload.inFlightMax > 1) {
    throw new NoForm(`"workload.inFlightMax" is above 1 where links fall silent`);
  }
  if (workload.ratePerSecond !== null) {
    throw new NoForm(`"workload.ratePerSecond" has messages wait for one another`);
  }
  if (mode === "real") throw new NoForm(`"mode" is real: a ping is answered in its own time`);
  const silenceUs = usOf(client.attemptTimeoutMs);
  if (transport === "udp" && silenceUs % PINGS_ON_DATAGRAMS !== 0) {
    throw new NoForm(`"client.attemptTimeoutMs" is not shared out evenly by three pings`);
  }
  if (client.backoff.kind === "decorrelated" && client.attemptsMax > 1) {
    throw new NoForm(`"client.backoff.kind" is decorrelated where links fall silent`);
  }
  const waits = waitSums(client.backoff, client.attemptsMax - 1);
  if (waits.some(({ lastMostUs }) => lastMostUs >= silenceUs)) {
    throw new NoForm(`"client.backoff" may wait longer than a silent link is kept`);
  }
  const longestUs = 2 * client.attemptsMax * silenceUs + waits.at(-1)!.mostUs;
  if (longestUs >= usOf(client.deadlineMs) * SLACK) {
    throw new NoForm(`"client.deadlineMs" may cut attempts off where links fall silent`);
  }
}

/** Follows the attempts of one message. */
class Trial {
  readonly #spec: FullSpec;
  readonly #swallow: number;
  readonly #silenceUs: number;
  readonly #waits: readonly WaitSum[];

  constructor(spec: FullSpec, swallow: number) {
    const { attemptTimeoutMs, backoff, attemptsMax } = spec.client;
    this.#spec = spec;
    this.#swallow = swallow;
    this.#silenceUs = usOf(attemptTimeoutMs);
    this.#waits = waitSums(backoff, attemptsMax - 1);
  }

  /** All courses from a state. */
  from(state: number): readonly Tried[] {
    const courses: Tried[] = [];
    const { attemptsMax } = this.#spec.client;
    let at = state;
    const counts = { attempts: 0, timeouts: 0, resets: 0, swallowed: 0, doubt: 0 };
    let past = { weight: 1, ...counts, timeUs: 0, variance: 0 };
    for (let made = 1; made <= attemptsMax; made += 1) {
      past = { ...past, attempts: made };
      if (at === SILENT) {
        at = DOWN;
        const waited = this.#waited(past, made);
        const ties = this.#ties(made);
        past = {
          ...waited,
          timeouts: past.timeouts + ties,
          resets: past.resets + 1 - ties,
          doubt: past.doubt + ties * (1 - ties),
          timeUs: waited.timeUs + this.#silenceUs,
        };
        continue;
      }
      // the first connect is the latency's affair
      const connect = at === DOWN && made > 1 ? connectUs(this.#spec) : 0;
      const { weight, timeUs } = past;
      const repliedUs = timeUs + connect + ROUND_TRIP_US;
      const ok = weight * (1 - this.#swallow);
      if (ok > 0) courses.push({ ...past, weight: ok, to: LIVE, delivered: 1, timeUs: repliedUs });
      past = {
        ...past,
        weight: weight * this.#swallow,
        timeouts: past.timeouts + 1,
        swallowed: past.swallowed + 1,
        timeUs: timeUs + connect + this.#silenceUs,
      };
      at = SILENT;
    }
    return past.weight > 0 ? [...courses, { ...past, to: at, delivered: 0 }] : courses;
  }

  /**
   * Chance that an attempt begins at the very moment of the first ping. Its timeout then falls on
   * the moment of the drop; on datagrams it comes first, since the last ping was set after it.
   */
  #ties(made: number): number {
    if (this.#spec.transport !== "udp") return 0;
    const before = this.#waits[made - 2];
    const after = this.#waits[made - 1];
    if (before === undefined || after === undefined) return 1;
    if (after.fixedUs > before.fixedUs) return 0;
    const added = (after.parts?.length ?? 0) - (before.parts?.length ?? 0);
    return added === 0 ? 1 : 1 / ((after.parts?.at(-1)?.toUs ?? 0) + 1);
  }

  /** The wait after an attempt that ended with the silent link; others pass within the silence. */
  #waited<Past extends { timeUs: number; variance: number }>(past: Past, made: number): Past {
    const before = this.#waits[made - 1];
    const after = this.#waits[made];
    if (before?.moments === undefined || after?.moments === undefined) return past;
    const sure = after.fixedUs - before.fixedUs;
    return {
      ...past,
      timeUs: past.timeUs + sure + after.moments.mean - before.moments.mean,
      variance: past.variance + after.moments.variance - before.moments.variance,
    };
  }
}

function sumOver(spec: FullSpec, courses: Courses<Tried>, reward: (one: Tried) => number): Sum {
  const start = spec.transport === "udp" ? LIVE : DOWN;
  const along = varianceAlong(courses, reward);
  let mean = 0;
  for (let client = 0; client < spec.workload.clients; client += 1) {
    mean += meanAlong(courses, reward, { start, messages: messagesOf(spec.workload, client) });
  }
  return { mean, variance: spec.workload.messages * along };
}

function timeLaw(spec: FullSpec, courses: Courses<Tried>, connect: number): TimeLaw {
  const own = courses.map((from, state) =>
    from.map((one) => ({ ...one, timeUs: one.timeUs + (state === DOWN ? connect : 0) })),
  );
  const delivered = sumOver(spec, own, (one) => one.delivered).mean;
  if (delivered <= 0) throw new NoForm(`"faults" let nothing be delivered`);
  const times = sumOver(spec, own, (one) => one.delivered * one.timeUs).mean;
  const meanUs = times / delivered;
  const off = sumOver(spec, own, (one) => one.delivered * (one.timeUs - meanUs)).variance;
  const { messages, clients } = spec.workload;
  const noises = own.map((from) => expected(from, (one) => one.delivered * one.variance));
  const noise = messages * dot(settledShares(own), noises);
  return {
    meanUs,
    varianceOfMean:
      (off + noise) / (delivered * delivered) +
      luckOfFirsts(connect, clients, { messages, delivered }),
    spread: `"faults" silence links, which delays several messages: their times are not independent`,
  };
}
