/**
 * How many retries may be made at all, whoever makes them: what keeps an outage from becoming a
 * storm.
 *
 *   a retry costs one token; an accepted reply earns one; there are at most a hundred
 *
 * So retries may not outnumber the replies that came, but for the tokens at the start. While
 * nobody answers, a hundred retries are made and no more; where 44 % of all attempts fail for
 * ever, 0.79 retries are needed for a reply and one is earned, so the budget stays full. The
 * tenth of a token that gRPC A6 earns, or the 20 % of Finagle and Envoy, would stop a client that
 * lives with such a link; both are a matter of options. There is no time in it: a budget that
 * fills by the clock pays for retries in an outage that lasts (Finagle's sends 1.3 times as much).
 * Tokens are counted in thousandths, in integers, so fractions add up exactly.
 */
import { numberOf, refusal } from "./checks.ts";

/** What a budget holds, costs and earns. */
export interface RetryBudgetOptions {
  /** Tokens it begins with and never exceeds. @default 100: one second's worth at 100 messages a second */
  readonly tokensMax?: number;
  /** Tokens that a retry costs. @default 1 */
  readonly costPerRetry?: number;
  /** Tokens that an accepted reply earns. @default 1: retries may not outnumber replies */
  readonly earnedPerReply?: number;
}

/** A budget: one for a client, or one for all clients of a server that should share it. */
export interface RetryBudget {
  /** Tokens left. */
  readonly tokens: number;
  /** Whether a retry could be paid for now. Takes nothing: a wait that may be aborted is not paid for in advance. */
  readonly canSpend: boolean;
  /**
   * Pays for one retry.
   *
   * @returns false: there is not enough left, and nothing was taken.
   */
  spend(): boolean;
  /** A reply was accepted. */
  earn(): void;
}

const THOUSANDTHS = 1000;
const TOKENS_MAX = 1_000_000_000;

/**
 * Makes a full budget.
 *
 * @example
 * const retryBudget = createRetryBudget({ tokensMax: 10 });
 * retryBudget.spend(); // true
 * retryBudget.tokens; // 9
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createRetryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  const tokensMax = tokensOf("tokensMax", options.tokensMax ?? 100);
  const cost = tokensOf("costPerRetry", options.costPerRetry ?? 1);
  const earned = tokensOf("earnedPerReply", options.earnedPerReply ?? 1);
  return new TokenBudget(tokensMax, cost, earned);
}

/** The budget that refuses nothing. */
export const UNLIMITED: RetryBudget = {
  tokens: Infinity,
  canSpend: true,
  spend: () => true,
  earn: () => {},
};

class TokenBudget implements RetryBudget {
  readonly #max: number;
  readonly #cost: number;
  readonly #earned: number;
  #left: number;

  constructor(max: number, cost: number, earned: number) {
    this.#max = max;
    this.#cost = cost;
    this.#earned = earned;
    this.#left = max;
  }

  get tokens(): number {
    return this.#left / THOUSANDTHS;
  }

  get canSpend(): boolean {
    return this.#left >= this.#cost;
  }

  spend(): boolean {
    if (!this.canSpend) return false;
    this.#left -= this.#cost;
    return true;
  }

  earn(): void {
    if (this.#left < this.#max) this.#left = Math.min(this.#max, this.#left + this.#earned);
  }
}

function tokensOf(name: keyof RetryBudgetOptions, value: unknown): number {
  const setting = { doing: "budget retries", name: `retryBudget.${name}`, value };
  const tokens = numberOf(setting, 0);
  if (tokens > TOKENS_MAX) throw new RangeError(refusal(setting, `at most ${TOKENS_MAX}`));
  return Math.round(tokens * THOUSANDTHS);
}
