/**
 * The law of one attempt: every way it can end, with its weight.
 *
 *   request ─(faults)─► server ─(faults)─► reply ─► client
 *      │ drop              │ damaged           │ drop, damaged, reset
 *      ▼                   ▼                   ▼
 *   timeout        error reply, reset       timeout, corrupt, reset
 *
 * Attempts of a message are alike and independent, because every draw has a key of its own. Under
 * "exclusive" one draw names the fault of both ways, so the law is a sum over the faults.
 */
import type { FullFault, FullSpec } from "../spec/types.ts";
import type { Damage } from "./damage.ts";
import { type Fare, faresOf, type Passing } from "./fares.ts";
import { NoForm } from "./refusal.ts";
import { after, fixed, mostUs, type Span } from "./span.ts";
import { frameSizes, ROUND_TRIP_US, usOf } from "./wire.ts";

/** One way for an attempt to end. */
export interface Ending {
  readonly weight: number;
  readonly ended: "reply" | "corrupt" | "error-reply" | "timeout" | "reset";
  /** From sending to the end; of a timeout: the whole timeout. */
  readonly span: Span;
  /** The link is gone with it. */
  readonly breaks: boolean;
  /** Times the request came to the responder, copies among them. */
  readonly arrivals: number;
  /** Replies that came after the one that counted. */
  readonly stale: number;
  /** Damaged frames that a checksum gave away, at either end. */
  readonly detected: number;
  /** How often each fault fired. */
  readonly fired: ReadonlyMap<string, number>;
}

type Open = Omit<Ending, "weight">;

const BRANCHES_MAX = 4_096;
/** How much of a time limit may be used up on sockets before chance on the machine decides. */
const SLACK = 0.8;

/** What an attempt meets. */
interface Scene {
  readonly spec: FullSpec;
  readonly stream: boolean;
  readonly alone: boolean;
  readonly timeout: Span;
  /** What takes less than this is certainly in time. */
  readonly patienceUs: number;
}

/**
 * All endings of an attempt that these faults meet; the weights sum to 1.
 *
 * @throws NoForm
 */
export function endingsOf(spec: FullSpec, faults: readonly FullFault[]): readonly Ending[] {
  const timeoutUs = usOf(spec.client.attemptTimeoutMs);
  const scene: Scene = {
    spec,
    stream: spec.transport !== "udp",
    alone: spec.workload.inFlightMax === 1,
    timeout: fixed(timeoutUs),
    patienceUs: spec.mode === "simulated" ? timeoutUs : timeoutUs * SLACK,
  };
  if (spec.composition === "independent") return merged(endingsPast(scene, faults));
  let left = 1;
  const endings = faults.flatMap((fault) => {
    left -= fault.probability;
    const struck = endingsPast(scene, [{ ...fault, probability: 1 }]);
    return struck.map((one) => ({
      ...one,
      weight: one.weight * fault.probability,
      // drawn once for the attempt, counted once
      fired: new Map([...one.fired.keys()].map((id) => [id, 1])),
    }));
  });
  const spared = endingsPast(scene, []).map((one) => ({ ...one, weight: Math.max(0, left) }));
  return merged([...endings, ...spared]);
}

function endingsPast(scene: Scene, faults: readonly FullFault[]): Ending[] {
  const passing: Passing = {
    direction: "request",
    bytes: frameSizes(scene.spec).request,
    stream: scene.stream,
    alone: scene.alone,
  };
  const endings = faresOf(passing, faults).flatMap((fare) => afterRequest(scene, faults, fare));
  if (endings.length > BRANCHES_MAX) throw new NoForm(`"faults" are too many to be told apart`);
  return endings;
}

/** What follows from how the request fared. */
function afterRequest(scene: Scene, faults: readonly FullFault[], fare: Fare): Ending[] {
  const { spec, stream } = scene;
  const silent = ending(scene, fare, { ended: "timeout", span: scene.timeout });
  switch (fare.fate) {
    case "drop":
      return [silent];
    case "reset":
      return [ending(scene, fare, { ended: "reset", breaks: true })];
    case "answer":
      return errorReplies(scene, faults, fare, 0);
    case "deliver":
      break;
    default:
      fare.fate satisfies never;
  }
  if (fare.damage === undefined) {
    return replies(scene, faults, fare);
  }
  if (spec.checksum === "none") throw new NoForm(`"checksum" is none, so damage may go unseen`);
  const detected = fare.damage === "header" || fare.damage === "body" ? 1 : 0;
  if (!stream) return [{ ...silent, detected }];
  if (fare.damage === "body") return errorReplies(scene, faults, fare, detected);
  return [ending(scene, fare, { ended: "reset", breaks: true, detected })];
}

function replyOf({ stream, alone }: Scene, bytes: number | null): Passing {
  return { direction: "reply", bytes, stream, alone };
}

/** The server says no, and that goes past the faults like any reply. */
function errorReplies(
  scene: Scene,
  faults: readonly FullFault[],
  request: Fare,
  detected: number,
): Ending[] {
  const passing = replyOf(scene, frameSizes(scene.spec).error);
  return faresOf(passing, faults).map((reply) => {
    const weight = request.weight * reply.weight;
    const end = endOfReply(scene, request, reply, "error-reply");
    const fired = firings(request.fired, reply.fired, 1);
    // a copy of an error reply finds its attempt ended
    const stale = end.ended === "error-reply" ? reply.copies : 0;
    return { ...end, weight, fired, stale, arrivals: 0, detected: end.detected + detected };
  });
}

/** Each arrival is answered, and each answer goes past the faults by itself. */
function replies(scene: Scene, faults: readonly FullFault[], request: Fare): Ending[] {
  const passing = replyOf(scene, frameSizes(scene.spec).reply);
  const fares = faresOf(passing, faults);
  if (request.copies > 0) {
    // copies of copies do not exist
    const others = faresOf(
      passing,
      faults.filter(({ kind }) => kind !== "duplicate"),
    );
    return copiedReplies(scene, request, { fares, others });
  }
  return fares.map((reply) => {
    const weight = request.weight * reply.weight;
    const end = endOfReply(scene, request, reply, "reply");
    const fired = firings(request.fired, reply.fired, 1);
    const stale = end.ended === "reply" || end.ended === "error-reply" ? reply.copies : 0;
    return { ...end, weight, fired, stale, arrivals: 1 };
  });
}

/** How the client sees one reply, or does not. */
function endOfReply(scene: Scene, request: Fare, reply: Fare, good: "reply" | "error-reply"): Open {
  const open = (more: Partial<Open>): Open =>
    ending(scene, { ...request, span: after(request.span, reply.span) }, more);
  switch (reply.fate) {
    case "drop":
      return open({ ended: "timeout", span: scene.timeout });
    case "answer":
      return open({ ended: "error-reply" });
    case "reset":
      return open({ ended: "reset", breaks: true });
    case "deliver":
      return reply.damage === undefined
        ? open({ ended: good })
        : damagedReply(scene, open, reply.damage);
    default:
      return reply.fate satisfies never;
  }
}

function damagedReply(
  { spec, stream, alone, timeout }: Scene,
  open: (more: Partial<Open>) => Open,
  damage: Damage,
): Open {
  if (spec.checksum === "none") throw new NoForm(`"checksum" is none, so damage may go unseen`);
  const known = damage === "body" || damage === "short";
  if (known) return open({ ended: "corrupt", detected: 1 });
  // a datagram without a believable header is nobody's
  if (!stream) return open({ ended: "timeout", span: timeout, detected: 1 });
  if (!alone) throw new NoForm(`"workload.inFlightMax" is above 1 where damage ends connections`);
  return open({ ended: "corrupt", breaks: true, detected: 1 });
}

/** Several answers to one attempt: possible where all that can befall them is to be lost in silence. */
function copiedReplies(
  scene: Scene,
  request: Fare,
  answers: { readonly fares: readonly Fare[]; readonly others: readonly Fare[] },
): Ending[] {
  const { fares, others } = answers;
  for (const fare of [...fares, ...others]) checkPlain(fare);
  const lost = others.filter(({ fate }) => fate === "drop");
  const through = others.filter(({ fate }) => fate === "deliver");
  if (lost.length > 1 || through.length > 1) {
    throw new NoForm(`copies of a request are answered each, and "faults" treat each its own way`);
  }
  const chance = lost[0]?.weight ?? 0;
  return fares.flatMap((first) =>
    Array.from({ length: request.copies + 1 }, (_, gone): Ending => {
      const came = request.copies - gone;
      const weight = request.weight * first.weight * binomial(request.copies, gone, chance);
      const fired = firings(request.fired, first.fired, 1);
      add(fired, lost[0]?.fired ?? [], gone);
      add(fired, through[0]?.fired ?? [], came);
      const got = came + (first.fate === "deliver" ? 1 + first.copies : 0);
      const end =
        got === 0
          ? ending(scene, request, { ended: "timeout", span: scene.timeout })
          : ending(scene, request, { ended: "reply" });
      const arrivals = 1 + request.copies;
      return { ...end, weight, arrivals, stale: Math.max(0, got - 1), fired };
    }),
  );
}

function checkPlain({ fate, damage, span }: Fare): void {
  const lostOrNot = fate === "drop" || fate === "deliver";
  if (lostOrNot && damage === undefined && span.fixedUs === 0 && span.parts.length === 0) return;
  throw new NoForm(`copies of a request are answered each, and "faults" treat each its own way`);
}

function binomial(n: number, k: number, chance: number): number {
  let weight = 1;
  for (let one = 0; one < k; one += 1) weight *= (chance * (n - one)) / (one + 1);
  for (let one = k; one < n; one += 1) weight *= 1 - chance;
  return weight;
}

function firings(request: readonly string[], reply: readonly string[], times: number) {
  const fired = new Map<string, number>();
  add(fired, request, 1);
  add(fired, reply, times);
  return fired;
}

function add(fired: Map<string, number>, ids: readonly string[], times: number): void {
  for (const id of ids) fired.set(id, (fired.get(id) ?? 0) + times);
}

/** An ending with what most have: it comes back after the round trip and what held it up. */
function ending(scene: Scene, fare: Fare, more: Partial<Open>): Ending {
  const { ended = "timeout" } = more;
  if (ended === "reset" && !scene.alone) {
    throw new NoForm(`"workload.inFlightMax" is above 1 where connections are reset`);
  }
  const span = more.span ?? after(fixed(ROUND_TRIP_US), fare.span);
  if (more.span === undefined && mostUs(span) >= scene.patienceUs) {
    throw new NoForm(`"client.attemptTimeoutMs" may pass before a delayed reply comes`);
  }
  return {
    weight: fare.weight,
    ended,
    span,
    breaks: more.breaks ?? false,
    arrivals: 0,
    stale: 0,
    detected: more.detected ?? 0,
    fired: firings(fare.fired, [], 0),
  };
}

/** Without those that never happen. */
function merged(endings: readonly Ending[]): readonly Ending[] {
  return endings.filter(({ weight }) => weight > 0);
}
