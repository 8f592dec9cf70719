/**
 * How long a client can take at most before its last attempt has timed out.
 */
import type { Backoff, ClientPolicy } from "../spec/types.ts";

/** Decorrelated jitter draws from firstMs … 3 × the previous wait. */
const DECORRELATED_FACTOR = 3;

/** Sum of all attempt timeouts and of the longest waits between them, in ms. */
export function worstCaseMs(
  client: Pick<ClientPolicy, "attemptsMax" | "attemptTimeoutMs" | "backoff">,
): number {
  let totalMs = client.attemptsMax * client.attemptTimeoutMs;
  let waitMs = client.backoff.firstMs;
  for (let retry = 1; retry < client.attemptsMax; retry += 1) {
    if (retry > 1 || client.backoff.kind === "decorrelated") waitMs = grow(client.backoff, waitMs);
    totalMs += waitMs;
  }
  return totalMs;
}

function grow(backoff: Backoff, waitMs: number): number {
  switch (backoff.kind) {
    case "constant":
      return waitMs;
    case "exponential":
      return Math.min(backoff.maxMs, waitMs * backoff.factor);
    case "decorrelated":
      return Math.min(backoff.maxMs, waitMs * DECORRELATED_FACTOR);
    default:
      return backoff.kind satisfies never;
  }
}
