/**
 * What a fault is asked, and what it may answer.
 *
 * A fault is a pure function: it never sleeps, writes or closes. It sees one unit and returns
 * one verdict; the pump (sockets) or the fabric (simulation) obeys. All waits are microseconds.
 */

/** The two ways a unit can travel. `request` is client to server. */
export type Direction = "request" | "reply";

/**
 * What travels: a framed (or pipe) message, one datagram of a foreign protocol, or one raw
 * chunk of a foreign byte stream. A chunk is keyed by its byte offset, never by read boundaries.
 */
export type UnitKind = "message" | "datagram" | "chunk";

/** One thing in flight, with the identity its draws are keyed by. */
export interface Unit {
  readonly kind: UnitKind;
  readonly direction: Direction;
  /** Session id (or connection key) as two unsigned halves. */
  readonly sessionHigh: number;
  readonly sessionLow: number;
  /** Message: the operation id. Datagram: its ordinal. Chunk: the byte offset of its first byte. */
  readonly message: number;
  /** Transmission of that message, from 1. */
  readonly attempt: number;
  /** 0 for the original, from 1 for copies a duplicate made. */
  readonly copy: number;
  /** The bytes as they would go on the wire (for a message: the whole encoded frame). */
  readonly bytes: Uint8Array;
  /** True where the transport is a byte stream (TCP), false for datagrams. */
  readonly stream: boolean;
  /** True where the bytes will be encrypted in records (TLS). @default false */
  readonly records?: boolean;
}

/**
 * The answer of one fault.
 *
 * `pass`       nothing happens to this unit
 * `delay`      later by `delayUs`; delays of several faults add
 * `drop`       never arrives, silently; ends the chain
 * `answer`     never arrives, and an error reply says so; ends the chain
 * `replace`    these bytes instead; they are what the next fault sees
 * `duplicate`  arrives, and `copies` more times right after
 * `hold`       waits until `gap` later units of its connection and direction have passed it,
 *              or until `delayUs` is over, whichever comes first
 * `slice`      is written in pieces: `sizes` bytes each, `delayUs` between two of them
 * `reset`      the connection is reset; ends the chain
 * `harm`       it is sent, and its encrypted bytes are harmed on the way, which ends the connection;
 *              ends the chain
 * `silence`    this connection swallows this and everything after it, without closing; ends the chain
 */
export type Verdict =
  | { readonly do: "pass" }
  | { readonly do: "delay"; readonly delayUs: number }
  | { readonly do: "drop" }
  | { readonly do: "answer" }
  | { readonly do: "replace"; readonly bytes: Uint8Array; readonly did: string }
  | { readonly do: "duplicate"; readonly copies: number }
  | { readonly do: "hold"; readonly gap: number; readonly delayUs: number }
  | { readonly do: "slice"; readonly sizes: readonly number[]; readonly delayUs: number }
  | { readonly do: "reset" }
  | { readonly do: "harm"; readonly harm: RecordHarm; readonly did: string }
  | { readonly do: "silence" };

/**
 * What is done to encrypted bytes, counted from where the record of a message begins: the bit (0 … 7,
 * the lowest first) of the byte at `at` is flipped, or `at` bytes are sent and no more.
 */
export type RecordHarm =
  | { readonly how: "flip"; readonly at: number; readonly bit: number }
  | { readonly how: "cut"; readonly at: number };

/** Proof that a fault acted on a unit. */
export interface FaultRecord {
  /** The fault's id in its spec. */
  readonly fault: string;
  readonly kind: string;
  readonly direction: Direction;
  readonly sessionHigh: number;
  readonly sessionLow: number;
  readonly message: number;
  readonly attempt: number;
  readonly copy: number;
  /** When it acted, in the asking clock's microseconds. */
  readonly atUs: number;
  /** What was done, in a few words with its figures: `delayed 120000 us`, `flipped bit 3 of byte 57`. */
  readonly did: string;
  /** Only there when true: no firing of its own, but what an earlier one on the connection goes on doing. */
  readonly aftermath?: true;
}

/**
 * What the whole chain decided for one unit: the sum of all verdicts.
 *
 * `fate` says whether it arrives; the rest says how. `records` is empty exactly when nothing fired;
 * the decision is then `PASS_DECISION` itself.
 */
export interface Decision {
  readonly fate: "deliver" | "drop" | "answer" | "reset" | "harm" | "silence";
  /** Sum of all delays. With `answer`, `reset` and `harm`, these too come that much later. */
  readonly delayUs: number;
  /** The bytes that arrive instead; undefined when the unit's own do (`replaced` is false). */
  readonly bytes: Uint8Array | undefined;
  readonly replaced: boolean;
  /** How many extra times it arrives. */
  readonly copies: number;
  /** Reordering asked for, or undefined. */
  readonly hold: { readonly gap: number; readonly delayUs: number } | undefined;
  /** Pieces it is written in, or undefined. */
  readonly slice: { readonly sizes: readonly number[]; readonly delayUs: number } | undefined;
  /** What is done to its encrypted bytes; there exactly when the fate is `harm`. */
  readonly harm?: RecordHarm | undefined;
  readonly records: readonly FaultRecord[];
}
