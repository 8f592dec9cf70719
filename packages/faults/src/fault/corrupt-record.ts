/**
 * Corrupt record: a bit of the encrypted bytes that carry the message arrives flipped.
 *
 * Over TLS only, between the server's TLS engine and the network. The receiver cannot take it for
 * a message: the record does not prove genuine, so it answers with an alert (bad_record_mac) and
 * the connection is closed (RFC 8446 section 5.2). `corrupt` is the fault on the message itself.
 */
import type { FaultEntry } from "../fault.ts";
import { recordBytesOf, RECORD_FIELDS, RECORD_HEADER_BYTES } from "../record.ts";
import type { CorruptRecordFault } from "../spec.ts";

/** Draw index 0 is the chain's (the probability). */
const PLACE = 1;

/** Corrupt record: a bit of what is encrypted arrives flipped. */
export const corruptRecord: FaultEntry<CorruptRecordFault> = {
  kind: "corrupt-record",
  title: "Corrupt record",
  description: "A bit of the encrypted record that carries the message is flipped.",
  units: ["message"],
  transports: ["tls"],
  directionDefault: "reply",
  fields: RECORD_FIELDS,
  create: () => ({
    ask({ bytes }, draws) {
      const place = draws.below((recordBytesOf(bytes) - RECORD_HEADER_BYTES) * 8, PLACE);
      const at = RECORD_HEADER_BYTES + (place >>> 3);
      const bit = place & 7;
      const did = `flipped bit ${bit} of byte ${at} of the encrypted record`;
      return { do: "harm", harm: { how: "flip", at, bit }, did };
    },
  }),
};
