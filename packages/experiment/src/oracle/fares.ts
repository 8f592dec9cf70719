/**
 * How a frame may fare on its way past the faults: every possibility with its weight.
 *
 * The chain asks fault after fault; each splits what has come so far into struck and spared, and
 * a drop, an error answer or a reset ends the questioning (faults' chain.ts). This is the same walk
 * with weights in place of draws. What has a memory (bursts, a bucket, a black hole) is not
 * answered here: it has a model of its own, or none.
 */
import { delayLaw } from "@faultline/faults";
import type { FullFault } from "../spec/types.ts";
import { type Damage, damagesOf } from "./damage.ts";
import { pausesOf } from "./pieces.ts";
import { NoForm } from "./refusal.ts";
import { after, fixed, NO_TIME, type Span, stepsOf } from "./span.ts";
import { usOf } from "./wire.ts";

/** A frame before the faults of one direction. */
export interface Passing {
  readonly direction: "request" | "reply";
  /** Its size; null where sizes differ from message to message. */
  readonly bytes: number | null;
  readonly stream: boolean;
  /** No other message is on its way, so nothing can pass or wait. */
  readonly alone: boolean;
}

/** One way to fare. */
export interface Fare {
  readonly weight: number;
  readonly fate: "deliver" | "drop" | "answer" | "reset";
  /** How much later it comes, or what it is answered with does. */
  readonly span: Span;
  readonly damage: Damage | undefined;
  /** Extra arrivals. */
  readonly copies: number;
  readonly sliced: boolean;
  /** Ids of the faults that fired, in order. */
  readonly fired: readonly string[];
}

type Change = Partial<Omit<Fare, "weight" | "fired">>;

const BRANCHES_MAX = 4_096;
const UNTOUCHED: Fare = {
  weight: 1,
  fate: "deliver",
  span: NO_TIME,
  damage: undefined,
  copies: 0,
  sliced: false,
  fired: [],
};

/** Every way that a frame may fare past these faults, in their order; the weights sum to 1. */
export function faresOf(passing: Passing, faults: readonly FullFault[]): readonly Fare[] {
  let fares: Fare[] = [UNTOUCHED];
  for (const fault of faults) {
    if (fault.direction !== "both" && fault.direction !== passing.direction) continue;
    if (fault.probability === 0) continue;
    fares = fares.flatMap((fare) =>
      fare.fate === "deliver" ? meet(fare, fault, passing) : [fare],
    );
    if (fares.length > BRANCHES_MAX) throw new NoForm(`"faults" are too many to be told apart`);
  }
  return fares;
}

function meet(fare: Fare, fault: FullFault, passing: Passing): Fare[] {
  const changes = changesOf(fare, fault, passing);
  if (changes === undefined) return [fare];
  const { probability } = fault;
  const possible = changes.filter(([share]) => share > 0);
  const struck = possible.map(([share, change]) => ({
    ...fare,
    ...change,
    weight: fare.weight * probability * share,
    fired: [...fare.fired, fault.id],
  }));
  const spared = { ...fare, weight: fare.weight * (1 - probability) };
  return probability === 1 ? struck : [spared, ...struck];
}

/** What a fault that strikes makes of a fare; undefined: it has nothing to do with such frames. */
function changesOf(
  fare: Fare,
  fault: FullFault,
  passing: Passing,
): readonly (readonly [number, Change])[] | undefined {
  switch (fault.kind) {
    case "loss":
      return [[1, { fate: fault.answer === "error" ? "answer" : "drop" }]];
    case "partition":
      return [[1, { fate: "drop" }]];
    case "reset":
      return passing.stream ? [[1, { fate: "reset" }]] : undefined;
    case "corrupt-record":
    case "cut-record":
      // The receiver refuses the record, or what is left of it, and the connection is gone.
      return [[1, { fate: "reset" }]];
    case "slow-close":
      return undefined;
    case "delay":
      return delays(fault).map(([share, span]) => [share, { span: after(fare.span, span) }]);
    case "duplicate":
      return duplicated(fare, fault);
    case "reorder":
      return [[1, { span: after(fare.span, held(usOf(fault.delayMs), passing)) }]];
    case "slice":
      return sliced(fare, fault, passing);
    case "corrupt":
      return corrupted(fare, fault, passing);
    case "burst-loss":
      throw new NoForm(`fault "${fault.id}" has a memory, and stands beside others or conditions`);
    case "bandwidth":
    case "blackhole":
      throw new NoForm(`fault "${fault.id}" has a memory, and stands beside others or conditions`);
    default:
      return fault satisfies never;
  }
}

/** A lone frame waits its time out; others may let it go sooner. */
function held(delayUs: number, { alone }: Passing): Span {
  return alone ? fixed(delayUs) : { fixedUs: 0, parts: [{ kind: "loose", toUs: delayUs }] };
}

type DelaySpec = Extract<FullFault, { readonly kind: "delay" }>;

/** A delay as weighted spans: what would be negative counts as none. */
function delays(fault: DelaySpec): readonly (readonly [number, Span])[] {
  const law = delayLaw(fault);
  if (law.kind === "constant") return [[1, fixed(law.us)]];
  const mostUs = law.kind === "cells" ? law.us.reduce((a, b) => Math.max(a, b), 0) : law.highestUs;
  if (fault.correlation > 0) {
    return [[1, { fixedUs: 0, parts: [{ kind: "loose", toUs: Math.max(0, mostUs) }] }]];
  }
  if (law.kind === "cells") return [[1, { fixedUs: 0, parts: [stepsOf(law.us)] }]];
  const { lowestUs, highestUs } = law;
  if (lowestUs >= 0) return [[1, even(lowestUs, highestUs)]];
  const values = highestUs - lowestUs + 1;
  return [
    [(1 - lowestUs) / values, NO_TIME],
    [highestUs / values, even(1, highestUs)],
  ];
}

function even(lowestUs: number, highestUs: number): Span {
  return { fixedUs: lowestUs, parts: [{ kind: "even", toUs: highestUs - lowestUs }] };
}

function duplicated(
  fare: Fare,
  { id, copies }: Extract<FullFault, { readonly kind: "duplicate" }>,
): readonly (readonly [number, Change])[] {
  if (fare.damage !== undefined || fare.sliced) {
    throw new NoForm(`fault "${id}" copies what another fault has changed`);
  }
  return [[1, { copies: fare.copies + copies }]];
}

function sliced(
  fare: Fare,
  fault: Extract<FullFault, { readonly kind: "slice" }>,
  { bytes, stream, alone }: Passing,
): readonly (readonly [number, Change])[] | undefined {
  if (!stream) return undefined;
  if (bytes !== null && bytes <= fault.sliceBytes) return undefined;
  if (fare.damage !== undefined || fare.sliced || fare.copies > 0) {
    throw new NoForm(`fault "${fault.id}" cuts what another fault has changed`);
  }
  if (bytes === null)
    throw new NoForm(`"workload.payloadBytes" is a range, and a slice is by size`);
  const pauses = pausesOf(bytes, fault.sliceBytes, usOf(fault.delayMs));
  const part = alone ? pauses : ({ kind: "loose", toUs: Infinity } as const);
  return [[1, { sliced: true, span: after(fare.span, { fixedUs: 0, parts: [part] }) }]];
}

function corrupted(
  fare: Fare,
  fault: Extract<FullFault, { readonly kind: "corrupt" }>,
  { bytes, stream }: Passing,
): readonly (readonly [number, Change])[] {
  const { id, how } = fault;
  if (fare.damage !== undefined || fare.copies > 0 || fare.sliced) {
    throw new NoForm(`fault "${id}" damages what another fault has changed`);
  }
  if (stream && how === "truncate") {
    throw new NoForm(`fault "${id}" cuts frames short on a stream, where they eat what follows`);
  }
  if (bytes === null) throw new NoForm(`"workload.payloadBytes" is a range, and damage is by size`);
  return damagesOf(how, bytes).map(([damage, share]) => [share, { damage }]);
}
