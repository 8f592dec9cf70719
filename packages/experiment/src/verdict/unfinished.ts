/**
 * What a run that did not go to its end may still say of its assertions.
 *
 * Messages that were never sent count as rejected, and faults had no time to fire: an assertion that
 * such a run misses, a whole one might have met. So it is inconclusive, as the run is. Except for what
 * no rest of a run can undo: counts and longest waits only grow, so a bound they have passed is broken.
 */
import type { AssertionResult } from "../result/types.ts";

/** Numbers that more messages never make smaller, and that being stopped does not raise. */
const GROWING =
  /^(counts\.(?!messages$|rejected$)\w+|faults\.[^.]+\.(fired|eligible)|(latencyMs|serviceMs)\.max)$/;

/** The answer as it is worth in a run that was stopped. */
export function ofUnfinished(answer: AssertionResult): AssertionResult {
  if (answer.verdict !== "fail" || isBroken(answer)) return answer;
  const message = `${answer.message}; the run did not go to its end`;
  return { ...answer, verdict: "inconclusive", message };
}

/** Whether an upper bound was passed for good. */
function isBroken({ metric, op, value, observed }: AssertionResult): boolean {
  if (observed === null || !GROWING.test(metric)) return false;
  return op === "<" ? observed >= value : (op === "<=" || op === "==") && observed > value;
}
