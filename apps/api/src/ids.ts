/**
 * Run ids that sort by the time they were made: `run_` and the 32 hex digits of a UUIDv7
 * (RFC 9562 §5.7), so that "newest first" is an index walk and a cursor is one id.
 *
 *   48 bits  milliseconds since the Unix epoch
 *    4 bits  version, 7
 *   12 bits  counter within the millisecond (§6.2, method 1)
 *    2 bits  variant, 10
 *   62 bits  random
 *
 * Ids of one source never go backwards, not even when the clock does.
 */

import type { Clock, RandomBytes } from "./clock.ts";

/** Gives a fresh id each time. */
export type IdSource = () => string;

const COUNTER_MAX = 0xfff;
const RUN_ID = /^run_[0-9a-f]{32}$/;

/** Whether the text has the shape of a run id; it need not exist. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** An id source over an injected clock and injected randomness. */
export function makeRunIds(clock: Clock, random: RandomBytes): IdSource {
  let lastMs = -1;
  let counter = 0;
  return () => {
    const nowMs = clock.nowMs();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = 0;
    } else if (counter < COUNTER_MAX) {
      counter += 1;
    } else {
      lastMs += 1;
      counter = 0;
    }
    return `run_${hex(lastMs, 12)}7${hex(counter, 3)}${variantAndRandom(random(8))}`;
  };
}

function variantAndRandom(bytes: Uint8Array): string {
  const digits = Array.from(bytes, (byte) => hex(byte, 2)).join("");
  const variant = 0b1000 | (Number.parseInt(digits.slice(0, 1), 16) & 0b0011);
  return variant.toString(16) + digits.slice(1);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
