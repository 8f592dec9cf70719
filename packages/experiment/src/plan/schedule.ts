/**
 * Who sends which message when.
 *
 * Message k of the run belongs to client k mod clients, as its own message ⌊k / clients⌋, and
 * with a rate is planned at k / rate seconds. Latency counts from that plan, not from when a busy
 * client came to it: a stall that delays a hundred later messages is a hundred slow messages.
 */
import type { FullSpec, Phase } from "../spec/types.ts";

const US_PER_SECOND = 1_000_000;
const US_PER_MS = 1_000;

/** How many of `messages` fall to a client. */
export function messagesOf(workload: FullSpec["workload"], client: number): number {
  const { messages, clients } = workload;
  return Math.floor(messages / clients) + (client < messages % clients ? 1 : 0);
}

/** Planned start in µs since the run began; null: as soon as the client is free. */
export function plannedUs(
  workload: FullSpec["workload"],
  client: number,
  message: number,
): number | null {
  const { ratePerSecond, clients } = workload;
  if (ratePerSecond === null) return null;
  return Math.round(((message * clients + client) * US_PER_SECOND) / ratePerSecond);
}

/** Where each phase starts, in µs since the run began. */
export function phaseStartsUs(phases: readonly Phase[]): number[] {
  let startUs = 0;
  return phases.map((phase) => {
    const at = startUs;
    startUs += Math.round(phase.durationMs * US_PER_MS);
    return at;
  });
}

/** The phase in force at a time: the last that has started. -1 without phases. */
export function phaseAt(startsUs: readonly number[], atUs: number): number {
  return startsUs.findLastIndex((startUs) => startUs <= atUs);
}
