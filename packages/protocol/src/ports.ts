/**
 * The capabilities that the shells inject: clock, randomness, links.
 *
 * Types only. Everything above a socket is written against these, so the same client and the
 * same server run over TCP, UDP, memory and a simulated network. Time is integer microseconds
 * from an arbitrary epoch. Nothing here returns a promise: an event and its effect happen in
 * one call, which is what lets a simulated run be replayed byte for byte.
 */

/** A timer that has been set. Cancelling one that has fired, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time, injected. The system clock lives in the shells; tests and simulations bring their own. */
export interface Clock {
  /** Microseconds since the clock's epoch: an integer that never goes backwards. */
  nowUs(): number;
  /** Calls `run` once, at `atUs` or as soon after as can be. A past `atUs` means "next". */
  setTimer(atUs: number, run: () => void): Timer;
  /** Calls `run` after the work of the current event, before the next one (a microtask). */
  defer(run: () => void): void;
}

/**
 * A keyed draw: the same operation and attempt always give the same number.
 *
 * @returns an unsigned 32-bit integer.
 */
export type Draw = (operation: number, attempt: number) => number;

/** Why a link ended, where it did not end by agreement. Match on `code`. */
export interface LinkError {
  readonly code:
    | "refused"
    | "reset"
    | "timeout"
    | "unreachable"
    | "failed"
    /** An encrypted stream was cut: the peer never said that it was over. */
    | "truncated"
    /** Encrypted bytes came other than they were sent: one end refused a record, and said so. */
    | "bad-record"
    /** The server's certificate is past its time, … */
    | "certificate-expired"
    /** … before it, … */
    | "certificate-not-yet-valid"
    /** … for another host, … */
    | "certificate-wrong-host"
    /** … or signed by nobody whom we trust. */
    | "certificate-untrusted"
    /** The server wants a client certificate, or another one. */
    | "client-certificate-refused"
    /** The ends have no protocol or version in common. */
    | "protocol-mismatch";
  readonly message: string;
}

/**
 * One end of a connection (TCP) or of an association with one peer (UDP).
 *
 * Bytes handed to `send` belong to the link from then on: the caller must not write to them again.
 */
export interface Link {
  readonly kind: "stream" | "datagram";
  /** The peer, as `host:port`. */
  readonly remote: string;
  /** This end, as `host:port`; empty until the link is open. */
  readonly local: string;
  /** Largest message that `send` carries whole, where that is more than one datagram. */
  readonly messageBytesMax?: number | undefined;
  /** What the layers below add to each datagram, in bytes. @default 0 */
  readonly overheadBytes?: number | undefined;
  /** The id of the key that the peer proved to have, where a layer below asked for one. */
  readonly peerKey?: string | undefined;
  /**
   * Takes the bytes. A datagram link sends them as one datagram.
   *
   * @returns false when the link is full: the bytes are taken, but wait for `onDrain` before more.
   */
  send(bytes: Uint8Array): boolean;
  /**
   * Sends the bytes, and harms them once they are encrypted; what is sent later goes nowhere. Only
   * on a link that encrypts (TLS) and can be harmed: a server's.
   */
  readonly sendHarmed?: ((bytes: Uint8Array, harm: RecordHarm) => void) | undefined;
  /** Asks the link to stop delivering bytes (back-pressure), until `resume`. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then ends this side (FIN). `onClose` follows when both sides ended. */
  end(): void;
  /** Drops the link at once: RST on a stream, silence on a datagram link. */
  reset(): void;
}

/**
 * What is done to encrypted bytes, counted from where the record of a message begins: the bit (0 … 7,
 * the lowest first) of the byte at `at` is flipped, or `at` bytes are sent and then the end (FIN).
 */
export type RecordHarm =
  | { readonly how: "flip"; readonly at: number; readonly bit: number }
  | { readonly how: "cut"; readonly at: number };

/** What a link tells its owner. `onClose` comes exactly once and is the last call. */
export interface LinkEvents {
  onOpen(): void;
  /** The bytes are only valid during the call: copy what must outlive it. */
  onBytes(bytes: Uint8Array): void;
  /** The link can take more after `send` returned false. */
  onDrain(): void;
  /** The peer ended its side (FIN). */
  onEnd(): void;
  onClose(error: LinkError | undefined): void;
}

/** Opens links to one endpoint: what a client is given instead of a socket. */
export interface Dialer {
  readonly kind: "stream" | "datagram";
  /** What the layers below add to each datagram, in bytes. @default 0 */
  readonly overheadBytes?: number;
  /** Largest message that its links carry whole, where that is more than one datagram. */
  readonly messageBytesMax?: number;
  /** Starts to connect. `onOpen` or `onClose` follows, never before this call has returned. */
  dial(events: LinkEvents): Link;
}
