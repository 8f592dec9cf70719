/**
 * Runs with burst loss, whose messages share their luck.
 *
 * A message tries at positions m, m+1, … m+n-1 of the chain and is delivered at the first that does
 * not lose, so the chance of each outcome is a product of vectors and matrices. For the sum of a
 * figure over a run of M messages of one client, what messages k apart have in common counts too:
 *
 *   Var(Σ Y) = M · var(Y) + 2 · Σ (M - k) · cov(Y_0, Y_k)     for k = 1 … M-1
 *
 * For k < n both messages look at the same positions, so both are followed side by side; beyond,
 * the chain carries what is left of the first one's luck to the second, fading by 1 - p - r each
 * position. Nothing is conservative here: this is the variance itself (but for the chain's fresh
 * start every 65 536 messages).
 */
import type { FullFault, FullSpec } from "../spec/types.ts";
import { BurstRun, expected, type Reward } from "./burst-run.ts";
import { type BurstSpec, lossChain } from "./chain.ts";
import { type Fare, faresOf, type Passing } from "./fares.ts";
import { firstsOf, HINDERED, isUnhindered, luckOfFirsts } from "./pace.ts";
import { attempt, NoForm } from "./refusal.ts";
import { momentsOf, mostUs, NO_TIME, type Span } from "./span.ts";
import { type Forecast, NEVER, type Sum, type TimeLaw } from "./terms.ts";
import { waitSums } from "./waits.ts";
import { connectUs, frameSizes, ROUND_TRIP_US, usOf } from "./wire.ts";

/** Pairs of messages are followed side by side: a tenth of a second's work with this many. */
const ATTEMPTS_MAX = 32;

/**
 * What theory says of such a run.
 *
 * @throws NoForm
 */
export function burstsForecast(spec: FullSpec): Forecast {
  const [burst, others] = partsOf(spec);
  const { attemptsMax, deadlineMs, attemptTimeoutMs, backoff } = spec.client;
  if (attemptsMax > ATTEMPTS_MAX) {
    throw new NoForm(`"client.attemptsMax" is above ${ATTEMPTS_MAX} where losses come in bursts`);
  }
  const longestUs =
    attemptsMax * usOf(attemptTimeoutMs) + waitSums(backoff, attemptsMax - 1).at(-1)!.mostUs;
  const slack = spec.mode === "simulated" ? 1 : 0.8;
  if (longestUs >= usOf(deadlineMs) * slack) {
    throw new NoForm(`"client.deadlineMs" may cut attempts off where losses come in bursts`);
  }
  const unhindered = isUnhindered(spec, longestUs);
  const beside = besideOf(spec, others);
  const run = new BurstRun(spec, lossChain(burst, beside.loss));
  const n = attemptsMax;
  const delivered = run.sum((made) => (made <= n ? 1 : 0));
  const attempts = run.sum((made) => Math.min(made, n));
  const failures = run.sum((made) => made - 1);
  const { messages } = spec.workload;
  const retries = { mean: attempts.mean - messages, variance: attempts.variance };
  const counts = new Map<string, Sum>([
    ["counts.attempts", attempts],
    ["counts.retries", retries],
    ["counts.timeouts", failures],
    ["counts.errorReplies", NEVER],
    ["counts.resets", NEVER],
    ["counts.corruptionsDetected", NEVER],
    ["counts.staleReplies", NEVER],
  ]);
  if (beside.loss < 1e-12) {
    counts.set(`faults.${burst.id}.fired`, failures);
    if (burst.direction === "reply") {
      counts.set("counts.executions", { mean: messages, variance: 0 });
      counts.set("counts.duplicatesSuppressed", retries);
    } else if (burst.direction === "request") {
      counts.set("counts.executions", delivered);
      counts.set("counts.duplicatesSuppressed", NEVER);
    }
  }
  return {
    delivered,
    counts,
    otherwise: `fault "${burst.id}" loses in bursts, beside others or both ways`,
    service: attempt(() => timeLaw(spec, run, { ways: beside.ways, connect: 0 })),
    latency: unhindered
      ? attempt(() => timeLaw(spec, run, { ways: beside.ways, connect: connectUs(spec) }))
      : HINDERED,
  };
}

function partsOf({ faults, composition }: FullSpec): [BurstSpec, readonly FullFault[]] {
  const bursts = faults.filter((fault): fault is BurstSpec => fault.kind === "burst-loss");
  const [burst] = bursts;
  if (burst === undefined || bursts.length > 1) throw new NoForm(`"faults" hold several bursts`);
  for (const { id, firstMessages, everyMessages, countMax } of faults) {
    if (firstMessages !== null || everyMessages !== null || countMax !== null) {
      throw new NoForm(`fault "${id}" counts messages where losses come in bursts`);
    }
  }
  if (composition === "exclusive") throw new NoForm(`"composition" is exclusive with a burst`);
  if (burst.probability < 1) throw new NoForm(`fault "${burst.id}" has a probability of its own`);
  return [burst, faults.filter((fault) => fault !== burst)];
}

interface Beside {
  /** Chance that something else loses the attempt. */
  readonly loss: number;
  /** What else holds up a reply that comes. */
  readonly ways: readonly { readonly weight: number; readonly span: Span }[];
}

/** What the other faults do: lose in silence, or delay. */
function besideOf(spec: FullSpec, others: readonly FullFault[]): Beside {
  const sizes = frameSizes(spec);
  const fares = (["request", "reply"] as const).map((direction) => {
    const stream = spec.transport !== "udp";
    const alone = spec.workload.inFlightMax === 1;
    const passing: Passing = { direction, bytes: sizes[direction], stream, alone };
    return faresOf(passing, others);
  });
  for (const fare of fares.flat()) checkFare(fare);
  const [requests = [], replies = []] = fares.map((way) =>
    way.filter(({ fate }) => fate === "deliver"),
  );
  const through = (ways: readonly Fare[]): number =>
    ways.reduce((sum, { weight }) => sum + weight, 0);
  const arriving = through(requests) * through(replies);
  const ways = requests.flatMap((request) =>
    replies.map((reply) => ({
      weight: (request.weight * reply.weight) / arriving,
      span: {
        fixedUs: ROUND_TRIP_US + request.span.fixedUs + reply.span.fixedUs,
        parts: [...request.span.parts, ...reply.span.parts],
      },
    })),
  );
  const patienceUs = usOf(spec.client.attemptTimeoutMs) * (spec.mode === "simulated" ? 1 : 0.8);
  if (ways.some(({ span }) => mostUs(span) >= patienceUs)) {
    throw new NoForm(`"client.attemptTimeoutMs" may pass before a delayed reply comes`);
  }
  return { loss: 1 - arriving, ways: ways.length === 0 ? [{ weight: 1, span: NO_TIME }] : ways };
}

function checkFare({ fate, damage, copies }: Fare): void {
  const tame = (fate === "deliver" || fate === "drop") && damage === undefined && copies === 0;
  if (!tame) throw new NoForm(`"faults" hold a burst beside faults that end attempts sooner`);
}

interface Reply {
  readonly ways: Beside["ways"];
  /** Time that the first messages wait for their link. */
  readonly connect: number;
}

/** The time of delivered messages, `ways` being what a reply that comes takes. */
function timeLaw(spec: FullSpec, run: BurstRun, { ways, connect }: Reply): TimeLaw {
  const n = spec.client.attemptsMax;
  let [replyMean, replySquare] = [0, 0];
  for (const { weight, span } of ways) {
    const moments = momentsOf(span);
    if (moments === null) throw new NoForm(`"faults" delay replies by what other messages do`);
    replyMean += weight * moments.mean;
    replySquare += weight * (moments.variance + moments.mean * moments.mean);
  }
  const { attemptTimeoutMs, backoff } = spec.client;
  const waits = waitSums(backoff, n - 1).map(({ fixedUs, moments }) => {
    if (moments === undefined) throw new NoForm(`"client.backoff.maxMs" clips decorrelated waits`);
    return { mean: fixedUs + moments.mean, variance: moments.variance };
  });
  const chances = run.chances();
  const delivered = expected(chances, (made) => (made <= n ? 1 : 0));
  if (delivered <= 0) throw new NoForm(`"faults" let nothing be delivered`);
  const timeOf: Reward = (made) =>
    (made - 1) * usOf(attemptTimeoutMs) + (waits[made - 1]?.mean ?? 0) + replyMean;
  const within =
    (of: Reward): Reward =>
    (made) =>
      made <= n ? of(made) : 0;
  const meanUs = expected(chances, within(timeOf)) / delivered;
  // what chance adds beside the number of attempts, each message for itself
  const own = replySquare - replyMean * replyMean;
  const noise = expected(
    chances,
    within((made) => own + (waits[made - 1]?.variance ?? 0)),
  );
  const off = run.sum(within((made) => timeOf(made) - meanUs));
  const { messages, clients } = spec.workload;
  const all = messages * delivered;
  const firsts = clients * firstsOf(spec.workload, messages / clients);
  return {
    meanUs: meanUs + (connect * firsts) / messages,
    varianceOfMean:
      (off.variance + messages * noise) / (all * all) +
      luckOfFirsts(connect, firsts, { messages, delivered: all }),
    spread: `"faults" lose in bursts, so the times of neighbours are not independent`,
  };
}
