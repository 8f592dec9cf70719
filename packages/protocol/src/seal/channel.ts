/**
 * What a sealed link works with: both halves of a session as one end sees them, and the words for what
 * does not pass.
 */
import type { SealAgreement } from "./handshake.ts";
import type { SealLimits } from "./limits.ts";
import { readRecordHeader, RECORD_HEADER_BYTES, RecordType } from "./record.ts";
import type { OpenRefusal } from "./session.ts";
import { Opener, Sealer } from "./session.ts";

/** Why bytes that came in were not accepted. */
export type SealRefusal =
  | OpenRefusal
  /** No record, or one that has no place there. */
  | "not-sealed"
  | "unknown-key"
  | "unknown-cipher"
  /** More handshakes than a server has room for. */
  | "handshakes-full"
  /** The handshake was not finished in time. */
  | "handshake-timeout";

/** Is told of what was refused. It must not answer: a forger learns nothing. */
export type SealRefusalListener = (refused: SealRefusal, remote: string) => void;

/** Both halves of a session, as one end sees them. */
export interface SealChannel {
  readonly sealer: Sealer;
  readonly opener: Opener;
}

/** The channel of that end. */
export function channelOf(
  agreement: SealAgreement,
  side: "client" | "server",
  limits: SealLimits,
): SealChannel {
  const [own, other] =
    side === "client" ? (["request", "reply"] as const) : (["reply", "request"] as const);
  return {
    sealer: new Sealer({ agreement, direction: own, limits }),
    opener: new Opener({ agreement, direction: other, limits }),
  };
}

/** What a datagram held. */
export interface OpenedDatagram {
  readonly isData: boolean;
  readonly plain: Uint8Array;
}

/** Opens a datagram that is one record, or says why it is none. */
export function openDatagram(
  { opener }: SealChannel,
  bytes: Uint8Array,
): OpenedDatagram | SealRefusal {
  const header = readRecordHeader(bytes);
  const isData = header?.type === RecordType.data;
  if (header === undefined || (!isData && header.type !== RecordType.ready)) return "not-sealed";
  if (bytes.length !== RECORD_HEADER_BYTES + header.bytes) return "forged";
  const plain = opener.open(header, bytes);
  return typeof plain === "string" ? plain : { isData, plain };
}
