/**
 * Everything that can be observed of a server, as one union.
 *
 * Events that come with every message are made only when they were asked for (`events: "all"`);
 * the rare ones always are. An event is plain data: it crosses threads and goes into a log as it
 * is. Bodies are in here only when they were asked for by name (`events: "payloads"`), and then
 * only how they begin.
 */
import type { FaultRecord } from "@faultline/faults";
import type { RefusalCode, SealRefusal } from "@faultline/protocol";
import type { ServerLimits } from "./limits.ts";

/** Why the server did not accept what a peer sent. */
export type ServerRefusalCode =
  | RefusalCode
  /** What a gate for sealed links did not let in. */
  | SealRefusal
  /** A peer without a key, where keys are asked for. */
  | "unauthenticated"
  /** A frame that only a server may send. */
  | "unexpected-type"
  /** Another session on a connection that has one. */
  | "second-session"
  /** A frame begun was not completed within `frameTimeoutMs`. */
  | "frame-timeout"
  /** A link above `connectionsMax`. */
  | "connections-full"
  /** A link that came while the server shuts down. */
  | "shutting-down"
  /** A connection above `handshakesMax`. */
  | "handshakes-full"
  /** A TLS handshake that failed, as when the client does not trust this server. */
  | "handshake-failed"
  /** A TLS handshake, or its hello, was not finished within `handshakeTimeoutMs`. */
  | "handshake-timeout"
  /** The peer does not speak this protocol, or not this version of TLS. */
  | "protocol-mismatch"
  /** A client without a certificate where one is asked for. */
  | "client-certificate-missing"
  /** A client whose certificate is past its time. */
  | "client-certificate-expired"
  /** A client whose certificate is before its time. */
  | "client-certificate-not-yet-valid"
  /** A client whose certificate is signed by nobody whom this server trusts. */
  | "client-certificate-untrusted"
  /** A client whose certificate is not, or no longer, on the list. */
  | "client-certificate-removed";

/** Why a link is gone. */
export type CloseCode =
  /** The peer ended it, or both did. */
  | "end"
  /** The peer or the network dropped it. */
  | "reset"
  | "refused"
  | "idle-timeout"
  /** A fault dropped it. */
  | "fault"
  /** The server shut down. */
  | "shutdown"
  /** An encrypted stream was cut: it ended without the peer's word. */
  | "truncated"
  | "failed";

/** A fault that acted, with where on the wire: what joins it to an attempt without a session. */
export type ServerFaultRecord = FaultRecord & {
  /** The peer, as `host:port`. */
  readonly remote: string;
  /** Which message of its connection it was, from 0. */
  readonly sequence: number;
};

/**
 * A connection that faults may have been in force on has ended: which of its messages had gone their
 * whole way past them by then. What a fault drops or resets, and what its own damage makes
 * unreadable, has gone as far as it ever would.
 */
export interface ServerEnding {
  /** The peer, as `host:port`. */
  readonly remote: string;
  /** µs since the server's epoch. */
  readonly atUs: number;
  /** Messages read off it: those from this sequence on met no fault. */
  readonly messages: number;
  /** Sequences of those read that had more faults to meet: held back, or behind half a frame. */
  readonly unfinished: readonly number[];
}

/** What every event has. */
interface EventCommon {
  /** µs since the server's epoch. */
  readonly atUs: number;
  /** The worker thread, from 0. */
  readonly worker: number;
}

/** Where a message belongs. */
interface MessageEvent {
  /** Ordinal of the link on its worker, from 1. */
  readonly connection: number;
  /** 16 hex digits. In the pipe codec, which has none, the hash of the body. */
  readonly session: string;
  readonly operation: number;
  readonly attempt: number;
  /** With `events: "payloads"`: its first bytes, at most `eventPayloadBytesMax`; `bytes` says of how many. */
  readonly payload?: Uint8Array;
}

type EventBody =
  | {
      readonly event: "listening";
      readonly transport: "tcp" | "udp" | "tls";
      readonly host: string;
      readonly port: number;
    }
  /** The runtime cannot share the port among workers: `owner` takes it all and passes on. */
  | {
      readonly event: "port-not-shared";
      readonly transport: "udp";
      readonly owner: number;
      readonly reason: string;
    }
  | {
      readonly event: "accept";
      readonly connection: number;
      readonly transport: "tcp" | "udp" | "tls";
      readonly remote: string;
    }
  /** The connection's session is at home on another worker; this one passes its bytes on. */
  | {
      readonly event: "relay";
      readonly connection: number;
      readonly remote: string;
      readonly home: number;
    }
  | ({ readonly event: "message"; readonly bytes: number } & MessageEvent)
  | ({
      readonly event: "reply";
      /** 0, or why it is an error reply. */
      readonly status: number;
      readonly replayed: boolean;
      readonly bytes: number;
    } & MessageEvent)
  | { readonly event: "fault"; readonly connection: number; readonly record: ServerFaultRecord }
  | {
      readonly event: "refusal";
      readonly connection: number;
      readonly remote: string;
      readonly code: ServerRefusalCode;
      readonly message: string;
      /** Whether the connection was closed for it. */
      readonly fatal: boolean;
    }
  | {
      readonly event: "close";
      readonly connection: number;
      readonly remote: string;
      readonly code: CloseCode;
      readonly messages: number;
    }
  /** A limit was met. At most one a second for each limit; `times` says how often since the last. */
  | {
      readonly event: "limit";
      readonly limit: keyof ServerLimits;
      readonly value: number;
      readonly times: number;
    }
  /** A journal was read: what it remembers, and the bytes of a record that had been cut short. */
  | {
      readonly event: "recovered";
      readonly sessions: number;
      readonly operations: number;
      readonly bytesCut: number;
    }
  /** A journal could not be written: the worker ends, and the server with it where the journal is gone. */
  | { readonly event: "data-failed"; readonly message: string }
  | { readonly event: "faults-changed"; readonly faults: readonly string[] }
  | { readonly event: "events-dropped"; readonly times: number }
  | { readonly event: "worker-crash"; readonly message: string }
  /** The server as a whole has failed: workers crashed too often, or could not be replaced. */
  | { readonly event: "failed"; readonly message: string }
  | { readonly event: "worker-restart"; readonly restarts: number }
  | {
      readonly event: "socket-error";
      readonly transport: "tcp" | "udp" | "tls";
      readonly message: string;
    }
  | { readonly event: "shutdown"; readonly connectionsOpen: number };

/** One event. `event` says which. */
export type ServerEvent = EventBody & EventCommon;

/** An event before its time and worker are added. */
export type ServerEventBody = EventBody;

/** Which events are made: the rare ones, all, or all with how the bodies of messages begin. */
export type EventLevel = "none" | "all" | "payloads";
