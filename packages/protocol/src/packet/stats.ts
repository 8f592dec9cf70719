/**
 * What one packet connection has counted.
 */

/** The counts. */
export interface PacketStats {
  /** Datagrams and their bytes, acks and repetitions included. */
  datagramsSent: number;
  bytesSent: number;
  /** Datagrams that were accepted, and their bytes. */
  datagramsReceived: number;
  bytesReceived: number;
  /** Datagrams that were not: damaged, not of this connection, come before, or without room. */
  datagramsRefused: number;
  /** Packets taken for lost. */
  packetsLost: number;
  /** Fragments sent again. */
  fragmentsRepeated: number;
  /** Packets sent to hear anything at all. */
  probes: number;
  /** Messages not taken: too large, or the queue was full. */
  messagesDropped: number;
}

/** Nothing counted yet. */
export function zeroStats(): PacketStats {
  return {
    datagramsSent: 0,
    bytesSent: 0,
    datagramsReceived: 0,
    bytesReceived: 0,
    datagramsRefused: 0,
    packetsLost: 0,
    fragmentsRepeated: 0,
    probes: 0,
    messagesDropped: 0,
  };
}
