/**
 * Cut record: the encrypted bytes that carry the message stop in the middle, and so does the stream.
 *
 * Over TLS only, between the server's TLS engine and the network. The connection ends (FIN) without
 * close_notify, so the receiver knows that it was cut, and not ended (RFC 8446 section 6.1).
 */
import type { FaultEntry } from "../fault.ts";
import { recordBytesOf, RECORD_FIELDS } from "../record.ts";
import type { CutRecordFault } from "../spec.ts";

/** Draw index 0 is the chain's (the probability). */
const PLACE = 1;

/** Cut record: the connection ends in the middle of what is encrypted. */
export const cutRecord: FaultEntry<CutRecordFault> = {
  kind: "cut-record",
  title: "Cut record",
  description: "The connection ends in the middle of the encrypted record, without close_notify.",
  units: ["message"],
  transports: ["tls"],
  directionDefault: "reply",
  fields: RECORD_FIELDS,
  create: () => ({
    ask({ bytes }, draws) {
      const whole = recordBytesOf(bytes);
      const at = 1 + draws.below(whole - 1, PLACE);
      const did = `cut the encrypted record of ${whole} bytes to ${at}, and the connection`;
      return { do: "harm", harm: { how: "cut", at }, did };
    },
  }),
};
