/**
 * Messages side by side on one chain: the chances of their outcomes, alone and in pairs.
 *
 * Outcome a is "answered at attempt a" for a = 1 … n, and n + 1 "given up". What a figure of a
 * message is follows from its outcome, so sums over a run need nothing but these tables.
 */
import { messagesOf } from "../plan/schedule.ts";
import type { FullSpec } from "../spec/types.ts";
import { type LossChain, moved } from "./chain.ts";
import type { Sum } from "./terms.ts";

/** What is left of a covariance when it counts no more. */
const FADED = 1e-12;
const LAGS_MAX = 100_000;

/** A figure of a message by its outcome: made attempts 1 … n, or n + 1 where it was given up. */
export type Reward = (made: number) => number;

/** The outcomes of the messages of a run, alone and in pairs. */
export class BurstRun {
  readonly #spec: FullSpec;
  readonly #chain: LossChain;
  readonly #n: number;
  /** joint[k-1][a][b]: outcomes of two messages k apart, k < n. */
  readonly #joint: readonly (readonly (readonly number[])[])[];
  /** ends[a][s]: outcome a, and the chain is in state s at the position after the last. */
  readonly #ends: readonly (readonly number[])[];
  /** given[s][a]: outcome a of a message that begins in state s. */
  readonly #given: readonly (readonly number[])[];

  constructor(spec: FullSpec, chain: LossChain) {
    this.#spec = spec;
    this.#chain = chain;
    this.#n = spec.client.attemptsMax;
    this.#ends = this.#outcomes(chain.start);
    this.#given = chain.start.map((_, state) => {
      const begun = chain.start.map((__, other) => (other === state ? 1 : 0));
      return this.#outcomes(begun).map((row) => row.reduce((sum, weight) => sum + weight, 0));
    });
    this.#joint = Array.from({ length: this.#n - 1 }, (_, index) => this.#pairs(index + 1));
  }

  /** The sum of a figure over the run. */
  sum(reward: Reward): Sum {
    const chances = this.chances();
    const mean = expected(chances, reward);
    const square = expected(chances, (made) => reward(made) * reward(made));
    const covariances = this.#covariances(reward, mean);
    const { workload } = this.#spec;
    let [total, variance] = [0, 0];
    for (let client = 0; client < workload.clients; client += 1) {
      const messages = messagesOf(workload, client);
      total += messages * mean;
      variance += messages * (square - mean * mean);
      for (let lag = 1; lag < messages && lag <= covariances.length; lag += 1) {
        variance += 2 * (messages - lag) * covariances[lag - 1]!;
      }
    }
    return { mean: total, variance: Math.max(0, variance) };
  }

  /** Of each outcome. */
  chances(): number[] {
    return this.#ends.map((row) => row.reduce((sum, weight) => sum + weight, 0));
  }

  #covariances(reward: Reward, mean: number): number[] {
    const found = this.#joint.map((pairs) => {
      let product = 0;
      for (const [a, row] of pairs.entries()) {
        for (const [b, weight] of row.entries()) product += weight * reward(a + 1) * reward(b + 1);
      }
      return product - mean * mean;
    });
    const { moves, start } = this.#chain;
    const later = this.#given.map((chances) => expected(chances, reward));
    // what the first message's figure says of the state that a later one begins in
    let carried = start.map(
      (weight, state) =>
        this.#ends.reduce((sum, row, a) => sum + row[state]! * reward(a + 1), 0) - weight * mean,
    );
    const scale = FADED * (mean * mean + 1);
    for (let lag = this.#n; lag < LAGS_MAX; lag += 1) {
      const covariance = carried.reduce((sum, weight, state) => sum + weight * later[state]!, 0);
      found.push(covariance);
      if (carried.every((weight) => Math.abs(weight) < scale)) break;
      carried = moved(carried, moves);
    }
    return found;
  }

  /** Weights of every outcome and of the state n positions on, from these weights of states. */
  #outcomes(begun: readonly number[]): number[][] {
    const { moves, loss } = this.#chain;
    const done: number[][] = [];
    let open = [...begun];
    for (let made = 1; made <= this.#n; made += 1) {
      let ended = open.map((weight, state) => weight * (1 - loss[state]!));
      open = moved(
        open.map((weight, state) => weight * loss[state]!),
        moves,
      );
      for (let position = made; position <= this.#n; position += 1) ended = moved(ended, moves);
      done.push(ended);
    }
    return [...done, open];
  }

  /** Joint weights of the outcomes of two messages `lag` apart. */
  #pairs(lag: number): number[][] {
    const n = this.#n;
    const { start, moves, loss } = this.#chain;
    const open = n + 1;
    const done = Array.from({ length: open }, () => Array.from({ length: open }, () => 0));
    // weights by state, for each pair of outcomes of which one at least is still open (n + 1)
    let rows: Pairs = new Map([[pairKey(open, open, n), [...start]]]);
    for (let position = 0; position < n + lag; position += 1) {
      const next: Pairs = new Map();
      for (const [key, row] of rows) {
        const [a, b] = [Math.floor(key / (n + 2)), key % (n + 2)];
        const first = a === open && position < n;
        const second = b === open && position >= lag;
        for (const lostOne of branches(first)) {
          for (const lostOther of branches(second)) {
            const weights = row.map(
              (weight, state) =>
                weight * chance(loss[state]!, lostOne) * chance(loss[state]!, lostOther),
            );
            const toA = outcome(lostOne, { now: a, made: position, n });
            const toB = outcome(lostOther, { now: b, made: position - lag, n });
            if (toA === open || toB === open)
              add(next, pairKey(toA, toB, n), moved(weights, moves));
            else done[toA]![toB]! += total(weights);
          }
        }
      }
      rows = next;
    }
    return done;
  }
}

/** Weights by state, by a pair of outcomes. */
type Pairs = Map<number, number[]>;

function pairKey(a: number, b: number, n: number): number {
  return a * (n + 2) + b;
}

/** Whether an attempt is lost; undefined: none is made. */
type Lost = boolean | undefined;

function branches(tries: boolean): readonly Lost[] {
  return tries ? [true, false] : [undefined];
}

function chance(loss: number, lost: Lost): number {
  if (lost === undefined) return 1;
  return lost ? loss : 1 - loss;
}

/** Where an outcome index goes; `made` counts the attempts before this one. */
function outcome(
  lost: Lost,
  { now, made, n }: { readonly now: number; readonly made: number; readonly n: number },
): number {
  if (lost === undefined) return now;
  if (!lost) return made;
  return made === n - 1 ? n : now;
}

function add(into: Pairs, key: number, weights: number[]): void {
  const before = into.get(key);
  into.set(key, before === undefined ? weights : before.map((one, state) => one + weights[state]!));
}

function total(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/** The mean of a figure over outcomes. */
export function expected(chances: readonly number[], reward: Reward): number {
  return chances.reduce((sum, weight, index) => sum + weight * reward(index + 1), 0);
}
