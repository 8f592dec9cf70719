/**
 * Loss: a unit never arrives.
 *
 * By itself each unit is lost or not, whatever happened to the one before; `burst-loss` is for
 * losses that come in clusters. With `answer: "error"` the sender is told by an error reply.
 */
import type { FaultEntry } from "../fault.ts";
import { wordField } from "../fields.ts";
import type { LossFault } from "../spec.ts";
import type { Verdict } from "../verdict.ts";

const DROP: Verdict = { do: "drop" };
const ANSWER: Verdict = { do: "answer" };

/** Loss: a unit never arrives. */
export const loss: FaultEntry<LossFault> = {
  kind: "loss",
  title: "Loss",
  description: "The message never arrives; on request the sender gets an error reply instead.",
  units: ["message", "datagram"],
  transports: ["tcp", "udp", "tls"],
  directionDefault: "reply",
  fields: {
    answer: wordField(["silence", "error"], {
      means: "whether nothing comes back, or an error reply",
      default: "silence",
    }),
  },
  create(spec) {
    const verdict = spec.answer === "error" ? ANSWER : DROP;
    return { ask: () => verdict };
  },
};
