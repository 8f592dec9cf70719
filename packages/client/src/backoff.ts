/**
 * How long to wait before the next attempt: a value with a `next`, not a timer.
 *
 * Every step is immutable, so one backoff serves any number of operations at once. Chance comes
 * in as an unsigned 32-bit draw, which makes a wait a pure function of its key. Ceilings grow by
 * multiplying and stop at the maximum: a power of the attempt number was the road not taken,
 * since it overflows after a thousand attempts and then waits not at all.
 */
import { durationUsOf, numberOf, refusal, wordOf } from "./checks.ts";

/** How waits grow, and how they are spread. */
export interface BackoffOptions {
  /**
   * `constant`: always `firstMs`. `exponential`: times `factor` at each step. `decorrelated`:
   * drawn between `firstMs` and three times the wait before (AWS Architecture Blog, "Exponential
   * Backoff And Jitter", 2015).
   *
   * @default "exponential"
   */
  readonly kind?: "constant" | "exponential" | "decorrelated";
  /** Ceiling of the first wait. @default 100 */
  readonly firstMs?: number;
  /** Growth of the ceiling, at least 1; only for `exponential`. @default 2 */
  readonly factor?: number;
  /** No wait is longer; not for `constant`. @default 5000, or `firstMs` where that is more */
  readonly maxMs?: number;
  /**
   * `full`: anywhere between 0 and the ceiling. `equal`: half the ceiling and up to as much
   * again. `none`: the ceiling itself. `decorrelated` is its own jitter.
   *
   * @default "full": clients that failed together do not come back together
   */
  readonly jitter?: "none" | "full" | "equal";
}

/** One wait, and what follows it. */
export interface BackoffStep {
  /** Integer microseconds, from 0 to the maximum. */
  readonly delayUs: number;
  readonly backoff: Backoff;
}

/** The state of a backoff before its next wait. */
export interface Backoff {
  /** @param draw unsigned 32 bits of chance; not used without jitter. */
  next(draw: number): BackoffStep;
}

type Spread = (ceilingUs: number, draw: number) => number;

const DRAWS = 2 ** 32;

const SPREADS: Record<"none" | "full" | "equal", Spread> = {
  none: (ceilingUs) => ceilingUs,
  full: (ceilingUs, draw) => drawn(ceilingUs, draw),
  equal: (ceilingUs, draw) => {
    const half = Math.floor(ceilingUs / 2);
    return half + drawn(ceilingUs - half, draw);
  },
};

/**
 * Makes the backoff that options describe, before its first wait.
 *
 * @example
 * const { delayUs, backoff } = createBackoff({ firstMs: 100, jitter: "none" }).next(0); // 100_000
 * backoff.next(0).delayUs; // 200_000
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createBackoff(options: BackoffOptions = {}): Backoff {
  const kind = wordOf(setting("kind", options.kind ?? "exponential"), KINDS);
  const jitter = wordOf(setting("jitter", options.jitter ?? "full"), JITTERS);
  const firstUs = durationUsOf(setting("firstMs", options.firstMs ?? 100));
  const factor = numberOf(setting("factor", options.factor ?? 2), 1);
  if (kind === "constant") return constant(firstUs, SPREADS[jitter]);

  const maxMs = setting("maxMs", options.maxMs ?? Math.max(5000, firstUs / 1000));
  const maxUs = durationUsOf(maxMs);
  if (maxUs < firstUs)
    throw new RangeError(refusal(maxMs, `at least "backoff.firstMs", ${firstUs / 1000}`));
  if (kind === "decorrelated") return decorrelated(firstUs, firstUs, maxUs);
  return exponential(firstUs, { factor, maxUs, spread: SPREADS[jitter] });
}

const KINDS = ["constant", "exponential", "decorrelated"] as const;
const JITTERS = ["none", "full", "equal"] as const;

function setting(
  name: keyof BackoffOptions,
  value: unknown,
): { doing: string; name: string; value: unknown } {
  return { doing: "back off", name: `backoff.${name}`, value };
}

function constant(firstUs: number, spread: Spread): Backoff {
  const backoff: Backoff = {
    next: (draw) => ({ delayUs: spread(firstUs, draw), backoff }),
  };
  return backoff;
}

interface Growth {
  readonly factor: number;
  readonly maxUs: number;
  readonly spread: Spread;
}

function exponential(ceilingUs: number, growth: Growth): Backoff {
  return {
    next(draw) {
      const grownUs = Math.min(growth.maxUs, Math.round(ceilingUs * growth.factor));
      return { delayUs: growth.spread(ceilingUs, draw), backoff: exponential(grownUs, growth) };
    },
  };
}

function decorrelated(previousUs: number, firstUs: number, maxUs: number): Backoff {
  return {
    next(draw) {
      const delayUs = Math.min(maxUs, firstUs + drawn(previousUs * 3 - firstUs, draw));
      return { delayUs, backoff: decorrelated(delayUs, firstUs, maxUs) };
    },
  };
}

/** An integer from 0 to `maxUs`, both possible. */
function drawn(maxUs: number, draw: number): number {
  return Math.floor(((draw >>> 0) / DRAWS) * (maxUs + 1));
}
