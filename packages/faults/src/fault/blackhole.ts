/**
 * Blackhole: from this unit on the connection swallows everything, without closing.
 *
 * It is drawn once for each unit until it strikes; then the pump remembers it for that
 * connection and direction, and no more is asked. A new connection is a fresh one. The road
 * not taken: remembering it here, since a chain knows sessions but not connections.
 */
import type { FaultEntry } from "../fault.ts";
import type { BlackholeFault } from "../spec.ts";
import type { Verdict } from "../verdict.ts";

const SILENCE: Verdict = { do: "silence" };

/** Blackhole: the connection goes silent and stays open. */
export const blackhole: FaultEntry<BlackholeFault> = {
  kind: "blackhole",
  title: "Blackhole",
  description: "The connection swallows this message and all that follow, and stays open.",
  units: ["message", "datagram", "chunk"],
  transports: ["tcp", "udp", "tls"],
  directionDefault: "both",
  fields: {},
  create: () => ({ ask: () => SILENCE }),
};
