/**
 * The limits of a run's server that follow from its spec: the same for sockets and simulation.
 *
 * A server's limits are for each link, and a run may have a thousand. What faults hold back on all of
 * them together must still fit beside other runs: delays of a minute under a retrying client would
 * otherwise keep gigabytes, outside of the heap that a run's thread is limited to.
 */
import { SERVER_LIMITS_DEFAULT, type ServerLimits } from "@faultline/server";
import type { FullSpec } from "../spec/types.ts";

/** Bytes that faults may hold back on all links together: the server's own limit up to 256 clients. */
const HELD_BYTES_MAX = 1_073_741_824;

/** What the server of a run holds back at most on each link. */
export function runServerLimits({ workload }: Pick<FullSpec, "workload">): Partial<ServerLimits> {
  const share = Math.floor(HELD_BYTES_MAX / workload.clients);
  return { heldBytesMax: Math.min(SERVER_LIMITS_DEFAULT.heldBytesMax, share) };
}
