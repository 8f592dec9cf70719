/**
 * A frame of a capture as one JSON value, for scripts.
 */
import type { Found, FoundFrame, FoundOther } from "@faultline/capture";
import { isRefusal, sessionToHex } from "@faultline/protocol";

import { hexOf, statusWord, typeWord } from "./dump.ts";

/** Where it was found, and its bytes. */
export function whereJson({ packet, carried, bytes }: Found): object {
  const { source, target, kind } = carried;
  return {
    packet: packet.number,
    atSeconds: packet.atSeconds,
    interface: packet.interface.name,
    transport: kind,
    source,
    target,
    comment: packet.comment,
    hex: hexOf(bytes),
  };
}

/** A packet of which only its comment is known. */
export function otherJson(found: FoundOther): object {
  return { ...whereJson(found), type: "other", encrypted: found.encrypted };
}

/** Everything that is known of it. What was refused has no fields that could be believed. */
export function frameJson(found: FoundFrame): object {
  const { item, inPackets } = found;
  const where = { ...whereJson(found), inPackets };
  if (isRefusal(item)) return { ...where, refused: item.refused, message: item.message };
  const { type, session, operation, attempt, flags, status, life } = item;
  const { remainingMs, checksum, payload } = item;
  return {
    ...where,
    type: typeWord(type),
    session: sessionToHex(session),
    operation,
    attempt,
    flags,
    status: statusWord(status),
    life: life ?? null,
    remainingMs,
    checksum,
    payloadBytes: payload.length,
  };
}
