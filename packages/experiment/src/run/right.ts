/**
 * Whether a reply is, byte for byte, what had to come back.
 */
import type { ResponderName } from "../spec/types.ts";

/** The counter puts its count, 64 bits, before the body it echoes. */
const COUNT_BYTES = 8;

/** Compares a reply with what this responder owes for this body. The count itself is anyone's guess. */
export function isRightReply(
  responder: ResponderName,
  body: Uint8Array,
  reply: Uint8Array | undefined,
): boolean {
  if (reply === undefined) return false;
  switch (responder) {
    case "echo":
      return isEqual(body, reply, 0);
    case "counter":
      return isEqual(body, reply, COUNT_BYTES);
    case "receive-only":
      return reply.byteLength === 0;
    default:
      return responder satisfies never;
  }
}

function isEqual(body: Uint8Array, reply: Uint8Array, from: number): boolean {
  if (reply.byteLength !== body.byteLength + from) return false;
  for (let at = 0; at < body.byteLength; at += 1) {
    if (body[at] !== reply[from + at]) return false;
  }
  return true;
}
