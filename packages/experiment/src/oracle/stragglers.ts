/**
 * Runs in which a reply may come after its attempt was given up, and still be of use.
 *
 *   s1 ──timeout──wait── s2 ──timeout──wait── s3 ──timeout── end
 *    └───────── X1 ─────────► delivered, if no other reply was sooner
 *
 * Attempts begin at certain times s1 … sn (no jitter, or one attempt), and the reply to attempt k
 * takes Xk, which is infinite where it is lost. So a message is still open after t with
 *
 *   G(t) = Π over sk ≤ t of P(X > t - sk)
 *
 * and all the rest follows: P(delivered) = 1 - G(end), P(attempt k is made) = G(sk), E[T] = ΣG. With one
 * attempt this is the tail of the delay's distribution. Failures that are told at once do not fit in.
 */
import type { FullFault, FullSpec } from "../spec/types.ts";
import { type Fare, faresOf, type Passing } from "./fares.ts";
import { groupsOf } from "./groups.ts";
import { type Distribution, mixtureOf, type Way } from "./mixture.ts";
import { firstsOf, HINDERED, isUnhindered, luckOfFirsts } from "./pace.ts";
import { attempt, NoForm } from "./refusal.ts";
import { after, fixed } from "./span.ts";
import { type Forecast, NEVER, type Sum, type TimeLaw } from "./terms.ts";
import { waitSums } from "./waits.ts";
import { connectUs, frameSizes, ROUND_TRIP_US, usOf } from "./wire.ts";

/** Nodes and weights of Gauss and Legendre on [-1, 1]: exact up to degree 9, as of five attempts. */
const GAUSS: readonly (readonly [number, number])[] = [
  [0, 0.568_888_888_888_888_9],
  [0.538_469_310_105_683_1, 0.478_628_670_499_366_5],
  [-0.538_469_310_105_683_1, 0.478_628_670_499_366_5],
  [0.906_179_845_938_664, 0.236_926_885_056_189_1],
  [-0.906_179_845_938_664, 0.236_926_885_056_189_1],
];
const MIDDLE: readonly (readonly [number, number])[] = [[0, 2]];
const ATTEMPTS_MAX = 5;

/**
 * What theory says of such a run.
 *
 * @throws NoForm
 */
export function stragglersForecast(spec: FullSpec): Forecast {
  const groups = groupsOf(spec);
  const [group] = groups;
  if (group === undefined || groups.length > 1) {
    throw new NoForm(
      `"client.attemptTimeoutMs" may pass before a delayed reply, for some messages`,
    );
  }
  const race = new Race(spec, replyWays(spec, group.faults));
  const unhindered = isUnhindered(spec, race.endUs);
  const { messages } = spec.workload;
  const delivered = 1 - race.openAfter(race.endUs - 1);
  const attempts = nested(race.startsUs.map((at) => (at === 0 ? 1 : race.openAfter(at - 1))));
  const timeouts = nested(race.untilUs.map((at) => race.openAfter(at - 1)));
  const all = (one: Sum): Sum => ({ mean: messages * one.mean, variance: messages * one.variance });
  const made = all(attempts);
  return {
    delivered: all({ mean: delivered, variance: delivered * (1 - delivered) }),
    counts: new Map([
      ["counts.attempts", made],
      ["counts.retries", { mean: made.mean - messages, variance: made.variance }],
      ["counts.timeouts", all(timeouts)],
      ["counts.errorReplies", NEVER],
      ["counts.resets", NEVER],
      ["counts.corruptionsDetected", NEVER],
    ]),
    otherwise: `"client.attemptTimeoutMs" may pass before a delayed reply comes, which still meets faults`,
    service: attempt(() => race.timeLaw(0)),
    latency: unhindered ? attempt(() => race.timeLaw(connectUs(spec))) : HINDERED,
  };
}

/** Mean and variance of how many of these nested events happen. */
function nested(chances: readonly number[]): Sum {
  const mean = chances.reduce((sum, chance) => sum + chance, 0);
  const square = chances.reduce((sum, chance, index) => sum + (2 * index + 1) * chance, 0);
  return { mean, variance: Math.max(0, square - mean * mean) };
}

/** Every time that a reply may take, with its weight; what is missing to 1 is lost. */
function replyWays(spec: FullSpec, faults: readonly FullFault[]): readonly Way[] {
  if (spec.composition === "independent") return waysPast(spec, faults);
  const left = faults.reduce((rest, { probability }) => rest - probability, 1);
  const struck = faults.flatMap((fault) =>
    waysPast(spec, [{ ...fault, probability: 1 }]).map((way) => ({
      ...way,
      weight: way.weight * fault.probability,
    })),
  );
  return [...struck, { weight: Math.max(0, left), span: fixed(ROUND_TRIP_US) }];
}

function waysPast(spec: FullSpec, faults: readonly FullFault[]): Way[] {
  const sizes = frameSizes(spec);
  const passing = (direction: Passing["direction"], bytes: number | null): Passing => ({
    direction,
    bytes,
    stream: spec.transport !== "udp",
    alone: spec.workload.inFlightMax === 1,
  });
  const requests = faresOf(passing("request", sizes.request), faults);
  const replies = faresOf(passing("reply", sizes.reply), faults);
  for (const fare of [...requests, ...replies]) {
    if (isSilent(fare)) continue;
    throw new NoForm(
      `"client.attemptTimeoutMs" may pass before a delayed reply comes, beside faults that end attempts sooner`,
    );
  }
  const arriving = (fares: readonly Fare[]) => fares.filter(({ fate }) => fate === "deliver");
  return arriving(requests).flatMap((request) =>
    arriving(replies).map((reply) => ({
      weight: request.weight * reply.weight,
      span: after(fixed(ROUND_TRIP_US), after(request.span, reply.span)),
    })),
  );
}

function isSilent({ fate, damage, copies }: Fare): boolean {
  return (fate === "deliver" || fate === "drop") && damage === undefined && copies === 0;
}

/** The attempts of one message, racing. */
class Race {
  readonly startsUs: number[] = [0];
  /** When each attempt is given up. */
  readonly untilUs: number[] = [];
  readonly #spec: FullSpec;
  readonly #ways: readonly Way[];
  readonly #reply: Distribution;
  readonly #share: number;

  constructor(spec: FullSpec, ways: readonly Way[]) {
    this.#spec = spec;
    this.#ways = ways.filter(({ weight }) => weight > 0);
    this.#share = this.#ways.reduce((sum, { weight }) => sum + weight, 0);
    this.#reply = mixtureOf(this.#ways);
    const { attemptsMax, attemptTimeoutMs, deadlineMs, backoff } = spec.client;
    const waits = waitSums(backoff, attemptsMax - 1);
    if (waits.some(({ parts }) => parts === undefined || parts.length > 0)) {
      throw new NoForm(`"client.backoff.jitter" decides which of the late replies is in time`);
    }
    const deadlineUs = usOf(deadlineMs);
    for (let made = 1; ; made += 1) {
      const atUs = this.startsUs.at(-1)!;
      const untilUs = Math.min(atUs + usOf(attemptTimeoutMs), deadlineUs);
      this.untilUs.push(untilUs);
      const next = waits[made];
      if (next === undefined || untilUs >= deadlineUs) break;
      const startUs = untilUs + next.fixedUs - waits[made - 1]!.fixedUs;
      if (startUs >= deadlineUs) break;
      this.startsUs.push(startUs);
    }
  }

  /** When the message is given up. */
  get endUs(): number {
    return this.untilUs.at(-1)!;
  }

  /** G(t): the chance that it is still open after that time. */
  openAfter(us: number): number {
    let open = 1;
    for (const startUs of this.startsUs) {
      if (startUs > us) break;
      open *= 1 - this.#share * this.#reply.atMost(us - startUs);
    }
    return open;
  }

  /** Mean and spread of the time of delivered messages. */
  timeLaw(connect: number): TimeLaw {
    const { endUs } = this;
    if (this.startsUs.length > ATTEMPTS_MAX) {
      throw new NoForm(`"client.attemptsMax" is above ${ATTEMPTS_MAX} where late replies race`);
    }
    const never = this.openAfter(endUs - 1);
    const delivered = 1 - never;
    if (delivered <= 0) throw new NoForm(`"faults" let nothing be delivered`);
    let [mean, square] = [0, 0];
    this.#integrate((us, width) => {
      const open = (this.openAfter(us) - never) * width;
      mean += open;
      square += (2 * us + 1) * open;
    });
    mean /= delivered;
    const { workload } = this.#spec;
    const { messages, clients } = workload;
    const firsts = clients * firstsOf(workload, messages / clients);
    const law: Distribution = {
      atMost: (us) => (us >= endUs ? 1 : (1 - this.openAfter(us)) / delivered),
      leastUs: this.#reply.leastUs,
      mostUs: endUs,
    };
    return {
      meanUs: mean + (connect * firsts) / messages,
      varianceOfMean:
        Math.max(0, square / delivered - mean * mean) / (messages * delivered) +
        luckOfFirsts(connect, firsts, { messages, delivered: messages * delivered }),
      spread:
        connect > 0
          ? `"transport" has a connect, which is part of some latencies only, and late replies race`
          : law,
    };
  }

  /** Sums G over every whole time before the end, piece by piece. */
  #integrate(visit: (us: number, width: number) => void): void {
    const stepped = this.#ways.every(({ span }) =>
      span.parts.every(({ kind }) => kind === "steps"),
    );
    const nodes = stepped ? MIDDLE : GAUSS;
    const cuts = this.#cuts();
    for (let index = 0; index + 1 < cuts.length; index += 1) {
      const from = cuts[index]!;
      const half = (cuts[index + 1]! - from) / 2;
      // whole times from … to-1 as a continuum of from-1/2 … to-1/2
      for (const [node, weight] of nodes) visit(from - 0.5 + half + node * half, weight * half);
    }
  }

  /** The times at which G changes its form. */
  #cuts(): number[] {
    const own = new Set<number>([0]);
    for (const { span } of this.#ways) {
      let ends = [span.fixedUs];
      for (const part of span.parts) {
        const turns = part.kind === "steps" ? part.us : [0, part.toUs + 1];
        ends = ends.flatMap((end) => turns.map((turn) => end + turn));
      }
      for (const end of ends) own.add(end);
    }
    const all = new Set<number>([0, this.endUs]);
    for (const startUs of this.startsUs) {
      for (const at of own) if (startUs + at < this.endUs) all.add(startUs + at);
    }
    return [...all].toSorted((a, b) => a - b);
  }
}
