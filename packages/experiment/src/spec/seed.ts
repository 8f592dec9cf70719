/**
 * A seed for a spec that has none.
 *
 * Chance comes from the client's id source, the one place that has it; a result always says which
 * seed it was, so nothing here needs to be repeatable.
 */
import { randomSession } from "@faultline/client";

const HIGH_BITS = 0x1f_ffff;

/** 53 random bits. */
export function drawSeed(): number {
  const { high, low } = randomSession();
  return (high & HIGH_BITS) * 2 ** 32 + low;
}
