/**
 * Slow close: the end of a stream (FIN) is passed on late, while its bytes are not.
 *
 * It acts on ends of streams, never on units: the chain asks it through `decideEnd`. So it has
 * no units, and no meaning on datagrams.
 */
import type { FaultEntry } from "../fault.ts";
import { DELAY_MS_MAX, US_PER_MS } from "../limits.ts";
import { numberField } from "../fields.ts";
import type { SlowCloseFault } from "../spec.ts";
import type { Verdict } from "../verdict.ts";

/** Slow close: the end of a stream comes late. */
export const slowClose: FaultEntry<SlowCloseFault> = {
  kind: "slow-close",
  title: "Slow close",
  description: "The end of the stream is passed on later than its last byte.",
  units: [],
  transports: ["tcp", "tls"],
  directionDefault: "reply",
  fields: {
    delayMs: numberField({
      min: 0,
      max: DELAY_MS_MAX,
      means: "how much later the end of the stream is passed on, in ms",
    }),
  },
  create(spec) {
    const verdict: Verdict = { do: "delay", delayUs: Math.round(spec.delayMs * US_PER_MS) };
    return { ask: () => verdict };
  },
};
