/**
 * The two-state chain of burst loss as numbers: states, moves, and the chance of a loss in each.
 *
 * One direction has the states good and bad; both have a chain each, four states together. States
 * move once a position, whatever is sent there, so retries of one message and first attempts of
 * the next look at the same stretch of the chain (Gilbert 1960, Elliott 1963).
 */
import type { FullFault } from "../spec/types.ts";

/** Burst loss as a spec has it. */
export type BurstSpec = Extract<FullFault, { readonly kind: "burst-loss" }>;

/** A chain with a chance of loss in each state. */
export interface LossChain {
  /** Long-run share of each state: where it starts. */
  readonly start: readonly number[];
  /** moves[i][j]: from i to j at each position. */
  readonly moves: readonly (readonly number[])[];
  readonly loss: readonly number[];
}

/** The chain of a fault, with an independent loss of chance `beside` in every state. */
export function lossChain(fault: BurstSpec, beside: number): LossChain {
  const { p, r, lossInBad, lossInGood, direction } = fault;
  // a chain that never turns bad has always been good
  const bad = p === 0 ? 0 : p / (p + r);
  const one: LossChain = {
    start: [1 - bad, bad],
    moves: [
      [1 - p, p],
      [r, 1 - r],
    ],
    loss: [lossInGood, lossInBad],
  };
  const chain = direction === "both" ? pair(one) : one;
  return { ...chain, loss: chain.loss.map((loss) => 1 - (1 - loss) * (1 - beside)) };
}

/** Two independent chains of the same make: lost is what either loses. */
function pair({ start, moves, loss }: LossChain): LossChain {
  const states = [0, 1].flatMap((one) => [0, 1].map((other) => [one, other] as const));
  return {
    start: states.map(([one, other]) => start[one]! * start[other]!),
    moves: states.map(([one, other]) =>
      states.map(([toOne, toOther]) => moves[one]![toOne]! * moves[other]![toOther]!),
    ),
    loss: states.map(([one, other]) => 1 - (1 - loss[one]!) * (1 - loss[other]!)),
  };
}

/** One move of a row of weights. */
export function moved(row: readonly number[], moves: LossChain["moves"]): number[] {
  return row.map((_, to) => row.reduce((sum, weight, from) => sum + weight * moves[from]![to]!, 0));
}
