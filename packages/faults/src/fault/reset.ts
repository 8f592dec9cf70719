/**
 * Reset: the connection is torn down at once (RST), with everything that was on its way.
 *
 * Streams only: a datagram has no connection to reset, so it is not eligible.
 */
import type { FaultEntry } from "../fault.ts";
import type { ResetFault } from "../spec.ts";
import type { Verdict } from "../verdict.ts";

const RESET: Verdict = { do: "reset" };

/** Reset: the connection is torn down. */
export const reset: FaultEntry<ResetFault> = {
  kind: "reset",
  title: "Reset",
  description: "The connection is reset instead of carrying the message.",
  units: ["message", "chunk"],
  transports: ["tcp", "tls"],
  directionDefault: "reply",
  fields: {},
  create: () => ({ ask: () => RESET }),
};
