/**
 * A frame of a capture as one JSON value, for scripts.
 */
import type { FoundFrame } from "@faultline/capture";
import { isRefusal, sessionToHex } from "@faultline/protocol";

import { hexOf, statusWord, typeWord } from "./dump.ts";

/** Everything that is known of it. What was refused has no fields that could be believed. */
export function frameJson({ packet, carried, item, bytes, inPackets }: FoundFrame): object {
  const { source, target, kind } = carried;
  const where = {
    packet: packet.number,
    atSeconds: packet.atSeconds,
    interface: packet.interface.name,
    transport: kind,
    source,
    target,
    comment: packet.comment,
    inPackets,
    hex: hexOf(bytes),
  };
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
