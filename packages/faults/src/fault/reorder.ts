/**
 * Reorder: a unit is held back until later ones have passed it.
 *
 * Where nothing follows within `delayMs` it goes on by itself, so a lone message is late and not
 * lost. With one message in flight nothing can pass: the fault then only delays. The road not
 * taken: netem's, which sends a unit ahead of delayed ones and so needs a delay to work at all.
 */
import type { FaultEntry } from "../fault.ts";
import { integerField, numberField } from "../fields.ts";
import { DELAY_MS_MAX, GAP_MAX, US_PER_MS } from "../limits.ts";
import type { ReorderFault } from "../spec.ts";
import type { Verdict } from "../verdict.ts";

const GAP_DEFAULT = 1;
const DELAY_MS_DEFAULT = 50;

/** Reorder: later units pass an earlier one. */
export const reorder: FaultEntry<ReorderFault> = {
  kind: "reorder",
  title: "Reorder",
  description: "The message is held back until later ones have passed it.",
  units: ["message", "datagram"],
  transports: ["tcp", "udp", "tls"],
  directionDefault: "reply",
  fields: {
    gap: integerField({
      min: 1,
      max: GAP_MAX,
      default: GAP_DEFAULT,
      means: "how many later messages pass it",
    }),
    delayMs: numberField({
      min: 0,
      max: DELAY_MS_MAX,
      default: DELAY_MS_DEFAULT,
      means: "longest it is held back when nothing passes it, in ms",
    }),
  },
  create(spec) {
    const verdict: Verdict = {
      do: "hold",
      gap: spec.gap ?? GAP_DEFAULT,
      delayUs: Math.round((spec.delayMs ?? DELAY_MS_DEFAULT) * US_PER_MS),
    };
    return { ask: () => verdict };
  },
};
