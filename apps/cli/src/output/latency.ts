/**
 * The latency of one message from its exchange line: first send to accepted reply.
 *
 * For pictures only. The figures of a result come from the experiment, which also knows when
 * a message was planned to be sent.
 */
import type { ExchangeLine } from "@faultline/experiment";

/** Microseconds from first send to accepted reply; undefined where nothing was delivered. */
export function latencyUsOf(line: ExchangeLine): number | undefined {
  const first = line.attempts[0];
  const end = line.attempts.findLast(({ ended }) => ended === "reply" || ended === "late-reply");
  if (line.outcome !== "delivered" || first === undefined || end === undefined) return undefined;
  return end.endedUs - first.sentUs;
}
