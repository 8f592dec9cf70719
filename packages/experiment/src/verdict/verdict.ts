/**
 * The verdict of a run: the worst of its assertions and of what else went wrong.
 *
 * A declared fault that should have fired and never did makes the run inconclusive: whatever
 * held, held without the fault. "Should have" means that it met no message at all, or that its
 * probability promised at least one firing.
 */
import type { FaultResult, RunVerdict } from "../result/types.ts";
import type { FullSpec } from "../spec/types.ts";

const ORDER: readonly RunVerdict[] = ["error", "fail", "inconclusive", "pass"];

/** The worst of several verdicts; `pass` of none. */
export function worst(verdicts: readonly RunVerdict[]): RunVerdict {
  return ORDER.find((verdict) => verdicts.includes(verdict)) ?? "pass";
}

/**
 * One sentence for each declared fault that should have fired and did not.
 *
 * @param schedule of the spec: a fault that it leaves out should not fire at all
 */
export function silentFaults(
  faults: readonly FaultResult[],
  schedule: FullSpec["schedule"] = null,
): string[] {
  return faults.flatMap(({ id, eligible, fired, expected }) => {
    if (fired > 0) return [];
    if (schedule !== null && expected === 0) return [];
    if (eligible === 0) return [`fault ${id} never fired: it met no message it could act on`];
    if (expected !== null && expected < 1) return [];
    const promised = expected === null ? "" : `, ${Number(expected.toPrecision(3))} expected`;
    return [`fault ${id} never fired: 0 of ${eligible}${promised}`];
  });
}
