/**
 * What the simulated wire costs: times and sizes, known exactly.
 *
 * A simulated world has one kind of link (run/simulated.ts leaves it at the default), so a message
 * takes one delay there and one back, and a stream one of each more to connect. On sockets nobody
 * knows: there the oracles of time are silent.
 */
import type { FullSpec } from "../spec/types.ts";
import { checksums, FRAME_HEADER_BYTES } from "@faultline/protocol";
import { LINK_OPTIONS_DEFAULT } from "@faultline/simulation";

const COUNT_BYTES = 8;

/** There and back. */
export const ROUND_TRIP_US: number = 2 * LINK_OPTIONS_DEFAULT.delayUs;

/**
 * Time that a new link costs before the first byte: a stream asks, and is answered; so does TLS, and a
 * seal.
 */
export function connectUs({ seal, transport }: Pick<FullSpec, "seal" | "transport">): number {
  const trips = { udp: 0, tcp: 1, tls: 2 }[transport] + (seal === null ? 0 : 1);
  return trips * ROUND_TRIP_US;
}

/** Bytes of the frames of a message; null where they differ from message to message. */
export interface FrameSizes {
  readonly request: number | null;
  readonly reply: number | null;
  readonly error: number;
}

/** Sizes on the wire, headers and checksums included. */
export function frameSizes({ workload, server, checksum }: FullSpec): FrameSizes {
  const upkeep = FRAME_HEADER_BYTES + checksums[checksum].bytes;
  const { payloadBytes } = workload;
  const body = typeof payloadBytes === "number" ? payloadBytes : null;
  const sized = (bytes: number | null): number | null => (bytes === null ? null : upkeep + bytes);
  const replies = {
    echo: body,
    counter: body === null ? null : body + COUNT_BYTES,
    "receive-only": 0,
  };
  return { request: sized(body), reply: sized(replies[server.responder]), error: upkeep };
}

/** A whole number of microseconds. */
export function usOf(ms: number): number {
  return Math.round(ms * 1_000);
}
