/**
 * Whether a result is all that was asked for, or what there was when the caller stopped the run.
 *
 * A stop may come when the run has just ended: then it took nothing away, and the result is whole. The
 * verdict cannot tell, since there is more than one way to be inconclusive.
 */
import type { ResultBody } from "./types.ts";

/** How the reason begins that a run stopped by its caller gives. */
export const ABORTED = "aborted";

/** True where the caller's signal ended the run, or the series, before its end. */
export function wasAborted({ reasons }: Pick<ResultBody, "reasons">): boolean {
  return reasons.some((reason) => reason.startsWith(`${ABORTED}: `));
}
