/**
 * One seed for every random test of a run, so that a failure can be had again.
 *
 * Set `FAULTLINE_TEST_SEED` to run with another one. The generator is for tests only: no fault is
 * ever drawn from it.
 */
import { env } from "node:process";

const SEED_DEFAULT = 20_251_123;

/** The seed of this run: `FAULTLINE_TEST_SEED`, or a constant. An unsigned 32-bit integer. */
export function seed(): number {
  const text = env["FAULTLINE_TEST_SEED"];
  if (text === undefined || text === "") return SEED_DEFAULT;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value >>> 0;
  throw new RangeError(
    `Cannot seed the tests as "FAULTLINE_TEST_SEED" must be an integer of at least 0: got ${text}`,
  );
}

/** Runs `test` with the seed, and says in the error of a failure how to run it with the same. */
export function seeded<T>(test: (seed: number) => T): T {
  const value = seed();
  try {
    return test(value);
  } catch (error) {
    if (error instanceof Error) error.message += `\nReplay with FAULTLINE_TEST_SEED=${value}`;
    throw error;
  }
}

/** A stream of unsigned 32-bit integers that follows from the seed (Mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
