/**
 * What the demo holds every result to, beyond the verdict the result gives itself.
 *
 * The tool vouches for its own figures here: counts that add up, faults that fired, corruption
 * that a checksum did not let through. A demo that only repeated verdicts would prove nothing.
 */
import type { Result } from "@faultline/experiment";

/** What is wrong with a result, in words; empty when nothing is. */
export function problemsOf(result: Result, expected: Result["verdict"]): string[] {
  const { counts, faults, spec } = result;
  const problems: string[] = [];
  const settled = counts.delivered + counts.failed + counts.rejected + counts.indeterminate;
  if (settled !== counts.messages) {
    problems.push(`${settled} outcomes for ${counts.messages} messages`);
  }
  for (const fault of faults) {
    if (fault.fired === 0) problems.push(`the fault ${fault.id} never fired`);
  }
  const unchecked = spec.checksum === "none";
  if (!unchecked && counts.corruptionsUndetected > 0) {
    problems.push(`${counts.corruptionsUndetected} corrupted bodies passed ${spec.checksum}`);
  }
  if (result.verdict !== expected) {
    const why = [
      ...result.reasons,
      ...result.assertions
        .filter(({ verdict }) => verdict !== "pass")
        .map(({ message }) => message),
    ];
    problems.push(
      `expected ${expected}, got ${result.verdict}: ${why.join("; ") || "no reason given"}`,
    );
  }
  return problems;
}
