/**
 * What the main thread and its workers say to each other, as one union each way.
 *
 * Only for control: a message of a client never crosses here. Everything is plain data that the
 * structured clone copies. An order that is answered carries an `id`, and its answer the same.
 */
import type { MessagePort } from "node:worker_threads";
import type { FaultPlan } from "@faultline/faults";
import type { SealKey } from "@faultline/protocol";
import type { ServerCodec } from "./core/core-options.ts";
import type { Life } from "./core/life.ts";
import type { ResponderName } from "./core/responder.ts";
import type { ServerErrorCode } from "./error.ts";
import type { EventLevel, ServerEnding, ServerEvent, ServerFaultRecord } from "./event.ts";
import type { Durability } from "./journal/file-store.ts";
import type { ServerLimits } from "./limits.ts";
import type { CoreStats } from "./stats.ts";
import type { TlsSetup } from "./tls-options.ts";

/** What a worker is started with. */
export interface WorkerSetup {
  readonly index: number;
  readonly workers: number;
  readonly host: string;
  /** null: none. With several workers never 0: all must take the same. */
  readonly tcpPort: number | null;
  readonly udpPort: number | null;
  /** null: none. */
  readonly tlsPort: number | null;
  /** There where `tlsPort` is a number. */
  readonly tls: TlsSetup | null;
  readonly codec: ServerCodec;
  readonly responder: ResponderName;
  readonly plan: FaultPlan;
  readonly limits: ServerLimits;
  readonly events: EventLevel;
  readonly epochUs: number;
  /** Secrets of peers; null: none. */
  readonly keys: readonly SealKey[] | null;
  readonly requireKeys: boolean;
  /** Most bytes of the log of what passes behind the faults; null: there is none. */
  readonly wireLogBytesMax: number | null;
  /** What it follows, where it has no memory of its own. */
  readonly life: Pick<Life, "tag" | "past">;
  /** The journal of each worker; null: no data folder. */
  readonly journals: readonly string[] | null;
  readonly durability: Durability;
  /** Whether workers try to share the UDP port at all. */
  readonly udpShared: boolean;
  /** How long to go on trying when the port is in use, in ms. */
  readonly patienceMs: { readonly tcp: number; readonly udp: number };
}

/** How a server is closed. */
export interface Closing {
  /** How long what is held back may still take. */
  readonly graceMs: number;
  /** What clients are told that ask for something new: 0 for nothing, or `RETRY_AFTER_STOP`. */
  readonly retryAfterMs: number;
}

/** To a worker. */
export type WorkerOrder =
  | { readonly order: "set-faults"; readonly id: number; readonly plan: FaultPlan }
  | { readonly order: "set-clients"; readonly id: number; readonly clients: string[] | null }
  | { readonly order: "stats"; readonly id: number }
  | { readonly order: "take-records"; readonly id: number }
  | { readonly order: "take-endings"; readonly id: number }
  /** Post what is in the wire log's last chunk; answered with the records that had no room. */
  | { readonly order: "flush-wires"; readonly id: number }
  /** The way to another worker. */
  | {
      readonly order: "neighbour";
      readonly id: number;
      readonly index: number;
      readonly port: MessagePort;
    }
  /** So many events have been taken. */
  | { readonly order: "events-taken"; readonly count: number }
  /** Stop listening, send what is held back for at most so long, then close. */
  | ({ readonly order: "close" } & Closing)
  /** Throw, as a bug would: for tests of what follows. */
  | { readonly order: "crash"; readonly message: string };

/** What each answered order is answered with. */
export interface WorkerAnswers {
  readonly "set-faults": null;
  readonly "set-clients": null;
  readonly neighbour: null;
  readonly stats: CoreStats;
  readonly "take-records": ServerFaultRecord[];
  readonly "take-endings": ServerEnding[];
  readonly "flush-wires": number;
}

/** What a worker leaves behind. */
export interface LastWords {
  readonly stats: CoreStats;
  readonly records: ServerFaultRecord[];
  readonly endings: ServerEnding[];
}

/** Why a port could not be had. */
export interface ListenRefusal {
  readonly code: ServerErrorCode;
  readonly message: string;
}

/** From a worker. */
export type WorkerReport =
  | {
      readonly report: "ready";
      readonly tcpPort: number | undefined;
      readonly udpPort: number | undefined;
      readonly tlsPort: number | undefined;
      /** Why this worker has no UDP socket although it was asked to: one of all is enough. */
      readonly udpRefused: ListenRefusal | undefined;
    }
  | ({ readonly report: "failed" } & ListenRefusal)
  | {
      readonly report: "answer";
      readonly id: number;
      readonly value: WorkerAnswers[keyof WorkerAnswers];
    }
  | { readonly report: "events"; readonly events: readonly ServerEvent[] }
  /** A chunk of the wire log. */
  | { readonly report: "wires"; readonly chunk: Uint8Array }
  | ({
      readonly report: "crashed";
      readonly message: string;
      /** Whether its journal is gone: nobody can take its place. */
      readonly lost: boolean;
    } & LastWords)
  /** Every link is closed. */
  | ({ readonly report: "closed" } & LastWords);
