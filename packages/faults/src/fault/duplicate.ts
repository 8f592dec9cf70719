/**
 * Duplicate: a unit arrives, and again as many times as `copies` says.
 *
 * Only originals are eligible: a copy is never copied, as in netem, so two duplicate faults add
 * their copies and do not multiply them.
 */
import type { FaultEntry } from "../fault.ts";
import { integerField } from "../fields.ts";
import { COPIES_MAX } from "../limits.ts";
import type { DuplicateFault } from "../spec.ts";
import type { Verdict } from "../verdict.ts";

const COPIES_DEFAULT = 1;

/** Duplicate: a unit arrives more than once. */
export const duplicate: FaultEntry<DuplicateFault> = {
  kind: "duplicate",
  title: "Duplicate",
  description: "The message arrives more than once.",
  units: ["message", "datagram"],
  transports: ["tcp", "udp", "tls"],
  directionDefault: "reply",
  fields: {
    copies: integerField({
      min: 1,
      max: COPIES_MAX,
      default: COPIES_DEFAULT,
      means: "extra arrivals",
    }),
  },
  create(spec) {
    const verdict: Verdict = { do: "duplicate", copies: spec.copies ?? COPIES_DEFAULT };
    return { ask: () => verdict, accepts: (unit) => unit.copy === 0 };
  },
};
