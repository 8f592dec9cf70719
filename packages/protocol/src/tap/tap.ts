/**
 * The tap: what whoever carries a wire tells somebody who writes it down.
 *
 * Types only. A wire is what a socket carries, below frames, packets and seals: the dialer next to
 * the socket is decorated (tap-dialer.ts), and a transport that encrypts inside itself (TLS) calls
 * the tap by hand, with the bytes that leave and enter the raw socket. Bytes are lent for the call.
 * Nobody asks for a tap on the way of a message: where none is wanted, none is there.
 */

/** One wire, when it has come to be. */
export interface Wire {
  readonly kind: "stream" | "datagram";
  /** This end, as `host:port`. */
  readonly local: string;
  /** The peer, as `host:port`. */
  readonly remote: string;
  /** Whether this end began: then it is the client of the connection. */
  readonly dialled: boolean;
  /** When it began to, in the clock's µs; of an accepted wire the same as `openedUs`. */
  readonly startedUs: number;
  readonly openedUs: number;
}

/** Which end of a wire did something. */
export type WireSide = "local" | "remote";

/** Is told what becomes of one wire, in the order in which it happens. Times are the clock's µs. */
export interface WireWatcher {
  /** Bytes this end has sent; of a datagram wire one whole datagram. */
  sent(bytes: Uint8Array, atUs: number): void;
  /** Bytes that have come; of a datagram wire one whole datagram. */
  received(bytes: Uint8Array, atUs: number): void;
  /** A side has ended (FIN). Streams only, once a side. */
  ended(by: WireSide, atUs: number): void;
  /** A side has dropped it (RST). Streams only; nothing follows. */
  reset(by: WireSide, atUs: number): void;
}

/** Writes wires down. */
export interface WireTap {
  /** A wire has come to be. @returns who is told the rest of it */
  open(wire: Wire): WireWatcher;
  /** A line for an NSS key log: what decrypts the wires of that moment. */
  keyLog(line: string, atUs: number): void;
}
