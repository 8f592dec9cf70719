/**
 * What all conversations of one core share: clock, faults, sessions, counters.
 *
 * A plain record, made by core.ts and handed down; it keeps conversation, passage and dialogue from
 * knowing the core itself.
 */
import type { FaultChain, FaultRecord } from "@faultline/faults";
import type { Clock, FrameWriter, WireTap } from "@faultline/protocol";
import type { ServerEnding, ServerEventBody, ServerRefusalCode } from "../event.ts";
import type { ServerLimits } from "../limits.ts";
import type { ServerCounters } from "../stats.ts";
import type { Authentication } from "./auth.ts";
import type { Occurrences } from "./occurrences.ts";
import type { Responder } from "./responder.ts";
import type { Schedule } from "./schedule.ts";
import type { ReplyMemory } from "./session-table.ts";

/** Who a record or an event is about. */
export interface Party {
  readonly connection: number;
  readonly remote: string;
}

/** @see module */
export interface CoreContext {
  readonly auth: Authentication;
  readonly clock: Clock;
  readonly codec: "frame" | "pipe";
  readonly limits: ServerLimits;
  readonly chain: FaultChain;
  /** The ids of the faults in force. */
  faultIds: ReadonlySet<string>;
  /** Directions in which a partition swallows what is no message, pings among them. */
  cut: { readonly request: boolean; readonly reply: boolean };
  /** Whether faults have ever been in force: then the ends of connections are told. */
  faulty: boolean;
  readonly schedule: Schedule;
  readonly sessions: ReplyMemory;
  readonly occurrences: Occurrences;
  readonly responder: Responder;
  /** Collects the replies of one event; empty between events, so that all links can share it. */
  readonly writer: FrameWriter;
  readonly counters: ServerCounters;
  /** Is told what passes behind the faults; undefined: nobody asked. */
  readonly tap: WireTap | undefined;
  /** Whether the events that come with every message are wanted. */
  readonly verbose: boolean;
  /** So many bytes of a message's body stand in its event. */
  readonly payloadBytesTold: number;
  /** Set when the server shuts down: nothing new is executed, and who asks is told this. */
  draining: { readonly retryAfterMs: number } | undefined;
  emit(event: ServerEventBody): void;
  /** Keeps the proof that a fault acted, on the message of that sequence. */
  record(record: FaultRecord, party: Party, sequence: number): void;
  /** Keeps how far the messages of a connection had come when it ended. */
  ended(ending: ServerEnding): void;
  refused(code: ServerRefusalCode): void;
  /** A limit was met: an event, but not one for each time. */
  atLimit(limit: keyof ServerLimits): void;
}

/** What an event says of a body: its size, and how it begins where that is asked for. */
export function toldOf(
  { payloadBytesTold }: Pick<CoreContext, "payloadBytesTold">,
  payload: Uint8Array,
): { readonly bytes: number; readonly payload?: Uint8Array } {
  const bytes = payload.length;
  if (payloadBytesTold === 0) return { bytes };
  // A copy of its own: the reader writes over its bytes before the event has left, and a view would
  // take the whole buffer along into the other thread.
  return { bytes, payload: new Uint8Array(payload.subarray(0, payloadBytesTold)) };
}
