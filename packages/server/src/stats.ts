/**
 * What a server counts, and how the counts of several workers become one.
 *
 * Counters only ever grow, so two readings can be subtracted; gauges (open, held) are of the moment.
 */
import type { FaultStats } from "@faultline/faults";
import { mergeFaultStats } from "@faultline/faults";
import type { ServerRefusalCode } from "./event.ts";

/** Counters and gauges that simply add up over workers. */
export interface ServerCounters {
  /** Gauge: links open, UDP peers among them. */
  connectionsOpen: number;
  connectionsTotal: number;
  /** Gauge: sessions remembered. */
  sessions: number;
  /** Gauge: bytes that faults hold back, upkeep included. */
  heldBytes: number;
  /** Requests that came whole off the wire, before faults and the reply cache look at them. */
  messages: number;
  /** Replies given, before faults look at them; error replies are counted apart. */
  replies: number;
  errorReplies: number;
  /** Operations executed. */
  executions: number;
  /** Replies that came from the reply cache. */
  replayed: number;
  /** Operations answered `tooOld`: forgotten, below their session's floor, or of another life. */
  tooOld: number;
  /** Requests dropped unexecuted, since their callers' deadlines had passed. */
  expired: number;
  pings: number;
  /** Requests found damaged: `header-damaged` and `payload-damaged`. */
  corruptionsDetected: number;
  /** Bytes received and handed to the operating system, frames of every type included. */
  bytesIn: number;
  bytesOut: number;
  /** Datagrams dropped at `heldBytesMax`, `sendQueueBytesMax` or `relayBytesMax`. */
  datagramsDropped: number;
  recordsDropped: number;
  eventsDropped: number;
  /** What the counter responder has counted up to. */
  counter: number;
}

/** Counts by refusal; a reason that never occurred is absent. */
export type RefusalCounts = Partial<Record<ServerRefusalCode, number>>;

/** What one worker knows. */
export interface CoreStats extends ServerCounters {
  readonly refusals: RefusalCounts;
  readonly faults: readonly FaultStats[];
}

/** What the server knows. */
export interface ServerStats extends CoreStats {
  readonly workerRestarts: number;
}

/** All zero. */
export function zeroCounters(): ServerCounters {
  return {
    connectionsOpen: 0,
    connectionsTotal: 0,
    sessions: 0,
    heldBytes: 0,
    messages: 0,
    replies: 0,
    errorReplies: 0,
    executions: 0,
    replayed: 0,
    tooOld: 0,
    expired: 0,
    pings: 0,
    corruptionsDetected: 0,
    bytesIn: 0,
    bytesOut: 0,
    datagramsDropped: 0,
    recordsDropped: 0,
    eventsDropped: 0,
    counter: 0,
  };
}

const GAUGES = ["connectionsOpen", "sessions", "heldBytes"] as const;

/** The last figures of a worker that is gone: what it counted stays, what it held does not. */
export function withoutGauges(stats: CoreStats): CoreStats {
  const counters = { ...stats };
  for (const gauge of GAUGES) counters[gauge] = 0;
  return counters;
}

/** The sum over workers. */
export function mergeStats(parts: readonly CoreStats[]): CoreStats {
  const counters = zeroCounters();
  const refusals: RefusalCounts = {};
  const faults = new Map<string, FaultStats>();
  for (const part of parts) {
    for (const name of counterNames()) counters[name] += part[name];
    for (const code of Object.keys(part.refusals) as ServerRefusalCode[]) {
      refusals[code] = (refusals[code] ?? 0) + (part.refusals[code] ?? 0);
    }
    for (const fault of part.faults) {
      const key = `${fault.id} ${fault.kind}`;
      const before = faults.get(key);
      faults.set(key, before === undefined ? fault : mergeFaultStats(before, fault));
    }
  }
  return { ...counters, refusals, faults: [...faults.values()] };
}

function counterNames(): (keyof ServerCounters)[] {
  return Object.keys(zeroCounters()) as (keyof ServerCounters)[];
}
