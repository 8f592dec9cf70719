/**
 * Runs with a bandwidth fault: one token bucket, worked out.
 *
 * Closed loop, one in flight: the bucket (rate r, depth B) lets the N-th frame of S bytes go at
 * (N·S - B) / r at the earliest, and a client asks again a round trip later. Chance has no part, so
 * the N latencies of a client sum up to one exact time (Cruz 1991: the bucket's service curve).
 *
 * Poisson arrivals at a bucket of depth 0: each frame takes S / r to serve, in order. This is M/D/1:
 *
 *   E[W] = λ·E[S²] / (2(1 - ρ))                 Pollaczek 1930, Khinchine 1932
 *   E[W^k] by Takács' recursion (1962)
 *
 * Waits of neighbours are alike, so the variance of their mean is not Var(W) / N. With the solution
 * h(w) = (λw² + 2w) / (2(1 - ρ)) of Poisson's equation h(w) - E[h(W')|w] = w - E[W] it is
 * (2·Cov(h(W), W) - Var(W)) / N, and h(0) - E[h(W)] is what starting empty saves.
 */
import type { FullFault, FullSpec } from "../spec/types.ts";
import { messagesOf } from "../plan/schedule.ts";
import { NoForm } from "./refusal.ts";
import { type Forecast, NEVER, type Sum, type TimeLaw } from "./terms.ts";
import { connectUs, frameSizes, ROUND_TRIP_US, usOf } from "./wire.ts";

const US_PER_SECOND = 1_000_000;
/** Busier than this, the queue forgets too slowly for the variance to hold within a run. */
const LOAD_MAX = 0.95;
/** A wait is longer than x with a chance of at most e^(-(1 - ρ)·x/S): this many are never seen. */
const WAITS_NEVER = 40;
const IN_FLIGHT_MIN = 64;

type Bucket = Extract<FullFault, { readonly kind: "bandwidth" }>;

/**
 * What theory says of such a run.
 *
 * @throws NoForm
 */
export function queuesForecast(spec: FullSpec): Forecast {
  const bucket = bucketOf(spec);
  const size = frameSizes(spec)[bucket.direction === "request" ? "request" : "reply"];
  if (size === null)
    throw new NoForm(`"workload.payloadBytes" is a range, and a bucket is by size`);
  const { messages, ratePerSecond } = spec.workload;
  const times = ratePerSecond === null ? closed(spec, bucket, size) : open(spec, bucket, size);
  const all: Sum = { mean: messages, variance: 0 };
  return {
    delivered: all,
    counts: new Map([
      ["counts.attempts", all],
      ["counts.retries", NEVER],
      ["counts.timeouts", NEVER],
      ["counts.executions", all],
      ["counts.duplicatesSuppressed", NEVER],
      ["counts.staleReplies", NEVER],
      [`faults.${bucket.id}.fired`, all],
      ["counts.errorReplies", NEVER],
      ["counts.resets", NEVER],
      ["counts.corruptionsDetected", NEVER],
    ]),
    otherwise: "no model counts it",
    ...times,
  };
}

function bucketOf({ faults, mode }: FullSpec): Bucket {
  const [bucket, other] = faults;
  if (bucket?.kind !== "bandwidth" || other !== undefined) {
    throw new NoForm(`"faults" hold others beside a bandwidth`);
  }
  const { id, direction, probability, firstMessages, everyMessages, countMax } = bucket;
  const conditions = firstMessages ?? everyMessages ?? countMax;
  if (conditions !== null || probability < 1) {
    throw new NoForm(`fault "${id}" shapes some messages only, and is filled by all`);
  }
  if (direction === "both") throw new NoForm(`fault "${id}" has a bucket each way`);
  if (mode === "real")
    throw new NoForm(`"mode" is real: when a bucket is filled, the machine decides`);
  return bucket;
}

type Times = Pick<Forecast, "latency" | "service">;

/** One message after the other. */
function closed(spec: FullSpec, { bytesPerSecond, burstBytes }: Bucket, size: number): Times {
  const { workload, client } = spec;
  if (workload.inFlightMax > 1) throw new NoForm(`"workload.inFlightMax" is above 1 at a bucket`);
  const eachUs = (size * US_PER_SECOND) / bytesPerSecond;
  const deepestUs = Math.max(0, ((size - burstBytes) * US_PER_SECOND) / bytesPerSecond);
  const longestUs = ROUND_TRIP_US + 1 + Math.max(eachUs, deepestUs);
  if (longestUs >= usOf(client.attemptTimeoutMs)) {
    throw new NoForm(`"client.attemptTimeoutMs" may pass while a message waits for the bucket`);
  }
  let totalUs = 0;
  for (let one = 0; one < workload.clients; one += 1) {
    const messages = messagesOf(workload, one);
    if (messages === 0) continue;
    const emptyUs = Math.ceil(((messages * size - burstBytes) * US_PER_SECOND) / bytesPerSecond);
    const asked = (messages - 1) * ROUND_TRIP_US;
    // a bucket that fills up between two messages makes each wait as the first
    const lastUs =
      eachUs >= ROUND_TRIP_US ? Math.max(asked, emptyUs) : asked + messages * Math.ceil(deepestUs);
    totalUs += ROUND_TRIP_US + lastUs;
  }
  const { messages, clients } = workload;
  const spread = `"faults" hold a bandwidth, where messages wait for one another: their times are not independent`;
  const law = (meanUs: number): TimeLaw => ({ meanUs, varianceOfMean: 0, spread });
  return {
    service: law(totalUs / messages),
    latency: law((totalUs + connectUs(spec) * Math.min(clients, messages)) / messages),
  };
}

/** Arrivals in their own time. */
function open(spec: FullSpec, { bytesPerSecond, burstBytes }: Bucket, size: number): Times {
  const { workload, client } = spec;
  const { clients, messages, ratePerSecond, inFlightMax, arrivals } = workload;
  if (clients > 1) throw new NoForm(`"workload.clients" is above 1, each with a bucket of its own`);
  if (arrivals !== "poisson") throw new NoForm(`"workload.arrivals" is not poisson at a bucket`);
  if (burstBytes > 0) throw new NoForm(`"burstBytes" above 0 lets a bucket be no plain queue`);
  if (inFlightMax < IN_FLIGHT_MIN) {
    throw new NoForm(`"workload.inFlightMax" is below ${IN_FLIGHT_MIN}, so messages queue twice`);
  }
  const eachUs = (size * US_PER_SECOND) / bytesPerSecond;
  const load = (ratePerSecond! / US_PER_SECOND) * eachUs;
  if (load > LOAD_MAX)
    throw new NoForm(`"workload.ratePerSecond" is too near what the bucket carries`);
  const limitUs = usOf(Math.min(client.attemptTimeoutMs, client.deadlineMs));
  if (((1 - load) * (limitUs - ROUND_TRIP_US - eachUs)) / eachUs < WAITS_NEVER) {
    throw new NoForm(`"client.attemptTimeoutMs" may pass while a message waits for the bucket`);
  }
  const { mean, variance, saved } = waitOfMD1(load, eachUs);
  // a bucket counts whole microseconds up
  const ceiled = Number.isInteger(eachUs) ? 0 : 0.5;
  const meanUs = ROUND_TRIP_US + eachUs + ceiled + mean - saved / messages;
  const spread = `"faults" hold a bandwidth, where messages wait for one another: their times are not independent`;
  const law = (more: number): TimeLaw => ({
    meanUs: meanUs + more / messages,
    varianceOfMean: variance / messages,
    spread,
  });
  return { service: law(0), latency: law(connectUs(spec)) };
}

/** The wait of M/D/1 in µs: its mean, the variance of a mean times its size, and what starting empty saves. */
export function waitOfMD1(
  load: number,
  eachUs: number,
): { readonly mean: number; readonly variance: number; readonly saved: number } {
  const rate = load / eachUs;
  const scale = rate / (1 - load);
  const squared = eachUs * eachUs;
  const first = (scale * squared) / 2;
  const second = scale * ((squared * eachUs) / 3 + squared * first);
  const third =
    scale * ((squared * squared) / 4 + squared * eachUs * first + (3 / 2) * squared * second);
  const variance = second - first * first;
  // Cov(h(W), W) with h(w) = (rate·w² + 2w) / (2(1 - load))
  const along = (rate * (third - second * first) + 2 * variance) / (2 * (1 - load));
  return {
    mean: first,
    variance: 2 * along - variance,
    saved: (rate * second + 2 * first) / (2 * (1 - load)),
  };
}
