/**
 * Partition: nothing gets through, one way or both, for as long as it is in force.
 *
 * Connections stay open and silent, as behind an unplugged cable. When it begins and ends is the
 * business of phases (or of who injects it): the fault itself keeps no time. Unlike `blackhole`
 * it leaves no trace in a connection: once lifted, what is sent arrives again.
 */
import type { FaultEntry } from "../fault.ts";
import type { PartitionFault } from "../spec.ts";
import type { Verdict } from "../verdict.ts";

const DROP: Verdict = { do: "drop" };

/** Partition: nothing gets through while it is in force. */
export const partition: FaultEntry<PartitionFault> = {
  kind: "partition",
  title: "Partition",
  description: "Every message is swallowed while it is in force, and connections stay open.",
  units: ["message", "datagram"],
  transports: ["tcp", "udp", "tls"],
  directionDefault: "both",
  fields: {},
  create: () => ({ ask: () => DROP }),
};
