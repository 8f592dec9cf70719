/**
 * The result and the exchange line as plain data (schemaVersion 1).
 *
 * Everything above `bodyHash` is the body: hashed, and the same for everybody who replays it on
 * the same numbers. The envelope says where and when, and is never hashed. A number that has no
 * meaning is null, never 0 or NaN.
 */
import type { FullSpec, Operator } from "../spec/types.ts";
import type { BetweenRuns, RunRow } from "./series.ts";

/** How a run, or one assertion, ended. The worst wins, in the order error, fail, inconclusive, pass. */
export type RunVerdict = "pass" | "fail" | "inconclusive" | "error";

/** Lower and upper end; null where the sample does not bound that side. */
export type Interval = readonly [number | null, number | null];

/** One assertion, answered. */
export interface AssertionResult {
  readonly metric: string;
  readonly op: Operator;
  readonly value: number;
  readonly confidence: number | null;
  readonly phase: string | null;
  readonly sometimes: boolean;
  readonly observed: number | null;
  readonly interval: Interval | null;
  /** Observations behind `observed`, where it is a statistic of a sample. */
  readonly n: number | null;
  readonly verdict: RunVerdict;
  /** `expected … got …`, and what would decide it where that is known. */
  readonly message: string;
}

/** Everything that is counted. `messages = delivered + failed + rejected + indeterminate`. */
export interface Counts {
  readonly messages: number;
  readonly delivered: number;
  readonly failed: number;
  readonly rejected: number;
  readonly indeterminate: number;
  readonly attempts: number;
  readonly retries: number;
  readonly timeouts: number;
  readonly errorReplies: number;
  readonly resets: number;
  readonly reconnects: number;
  /** Damaged frames that a checksum gave away, at either end. */
  readonly corruptionsDetected: number;
  /** Delivered messages whose reply was not what had to come back, byte for byte. */
  readonly corruptionsUndetected: number;
  /** Requests answered from the reply cache instead of being executed again. */
  readonly duplicatesSuppressed: number;
  /** Replies that came for an exchange already settled. */
  readonly staleReplies: number;
  /** Pipe codec only: delivered, but the reply may have been meant for an earlier equal body. */
  readonly ambiguous: number;
  readonly executions: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Latencies in milliseconds. A quantile (nearest rank) that `n` cannot support is null. */
export interface LatencySummary {
  readonly n: number;
  readonly min: number | null;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

/** A fault as declared against as it fired. */
export interface FaultResult {
  readonly id: string;
  readonly kind: string;
  readonly eligible: number;
  readonly fired: number;
  /** Firings its probability promises over the eligible units. */
  readonly expected: number | null;
  /** (fired - expected) / standard deviation; null where chance plays no part. */
  readonly z: number | null;
}

/** How a run came back after a phase of the role `fault`. */
export interface Recovery {
  /** The fault phase. */
  readonly phase: string;
  /** From its end to the first delivery of something sent after its end. */
  readonly toFirstSuccessMs: number | null;
  /** From its end to the first of `recovery.windowMessages` messages that settled like the baseline. */
  readonly toSteadyStateMs: number | null;
  /** Why a time is null, where one is. */
  readonly reason: string | null;
}

/** A figure of the result beside what theory says of it. */
export interface OracleResult {
  /** Path of the figure in the result: `counts.attempts`, `latencyMs.p99`, `faults.flip.fired`. */
  readonly metric: string;
  /** By closed form from the spec alone; null where there is none. */
  readonly expected: number | null;
  readonly observed: number | null;
  /**
   * How many standard deviations the measurement is off. Null where nothing is expected, or where
   * the expected was certain and came true; ±1 000 000 where it was certain and did not.
   */
  readonly z: number | null;
  /** Where nothing is expected: why, naming the setting. */
  readonly reason: string | null;
}

/** What the capture of a run shows. Null where there was nothing to measure. */
export interface WireResult {
  /** Of the whole capture. */
  readonly packets: number;
  /** Size of the file. */
  readonly captureBytes: number;
  /** Whether there was more than `captureBytesMax` has room for: then all of this is of its beginning. */
  readonly truncated: boolean;
  /** What the client's wire carried, both ways, without the headers of TCP, UDP and below. */
  readonly payloadBytes: number;
  /** Shannon's entropy of that payload, 0 … 8. */
  readonly entropyBitsPerByte: number | null;
  /** Whether a message stands there to be read: the whole of one, or eight bytes in a row. */
  readonly readable: boolean | null;
  /** The longest run of a message's bytes that stands there; below four it is not looked for. */
  readonly longestRunBytes: number | null;
  /** Where a readable run ends, counted from 1, as Wireshark numbers packets. */
  readonly packet: number | null;
  /** Where it begins in the payload of that packet; null where it began in an earlier one. */
  readonly offsetBytes: number | null;
  /** Lines of the TLS key log in the file; 0: nothing there decrypts it. */
  readonly keyLogLines: number;
  /** `sha256:…` of the file. */
  readonly captureHash: string;
}

/** Where and when. Never hashed. */
export interface Envelope {
  readonly runtime: string;
  readonly host: { readonly os: string; readonly arch: string; readonly cpus: number };
  readonly startedAt: string;
  readonly endedAt: string;
  readonly wallMs: number;
  /** Virtual time that passed, in all runs together; null in a real run. */
  readonly simulatedMs: number | null;
  readonly simulatedMsPerWallMs: number | null;
}

/** The part of a result that is hashed. */
export interface ResultBody {
  readonly schemaVersion: 1;
  readonly specHash: string;
  readonly seed: number;
  readonly mode: FullSpec["mode"];
  readonly rng: string;
  readonly spec: FullSpec;
  readonly verdict: RunVerdict;
  /** Why the verdict is not `pass`, beyond the assertions: aborted, out of time, a fault that never fired. */
  readonly reasons: readonly string[];
  readonly assertions: readonly AssertionResult[];
  readonly counts: Counts;
  readonly delivery: {
    readonly ratio: number | null;
    readonly interval: Interval | null;
    /** Closed form, where one exists. */
    readonly expected: number | null;
    /** (delivered - expected) / standard deviation; null where chance plays no part and it came true. */
    readonly z: number | null;
    /** Why there is no closed form, or nothing to compare it with; else null. */
    readonly reason: string | null;
  };
  /** From planned start: what a user would have waited. Without the phases of the role `warm-up`. */
  readonly latencyMs: LatencySummary;
  /** From actual send, of the same messages. */
  readonly serviceMs: LatencySummary;
  /** One for each phase of the role `fault`, of a series that of its slowest run; null where there is none. */
  readonly recovery: readonly Recovery[] | null;
  readonly faults: readonly FaultResult[];
  /** Figures whose expectation follows from the spec, beside what was measured. */
  readonly oracles: readonly OracleResult[];
  /** Null where nothing was captured. */
  readonly wire: WireResult | null;
  /** A series only: its finished runs, by index. All figures above are pooled over them. */
  readonly runs: readonly RunRow[] | null;
  /** A series only: how far its runs lie apart. */
  readonly betweenRuns: BetweenRuns | null;
  /** Of a series: over the digests of its runs, by index. */
  readonly digest: string | null;
  readonly replay: string;
}

/** A whole result. */
export interface Result extends ResultBody {
  readonly bodyHash: string;
  readonly envelope: Envelope;
}

/** How an attempt ended. */
export type AttemptEnd =
  | "reply"
  | "late-reply"
  | "corrupt"
  | "error-reply"
  | "timeout"
  | "reset"
  | "refused"
  | "aborted";

/** One transmission of a message. Times are microseconds since the run began. */
export interface AttemptLine {
  readonly attempt: number;
  readonly sentUs: number;
  readonly endedUs: number;
  readonly ended: AttemptEnd;
  /** Ids of the faults that met it, in the order of the spec. */
  readonly faults: readonly string[];
  /**
   * Only there when true: its connection ended before the attempt had gone its whole way past the
   * faults, so `faults` holds only what had met it by then.
   */
  readonly cut?: true;
}

/** One message with all its attempts: a line of `exchanges`. */
export interface ExchangeLine {
  /** A series only: index of the run, from 0. */
  readonly run?: number;
  /** From 0. */
  readonly client: number;
  /** From 0 within its client. */
  readonly message: number;
  readonly outcome: "delivered" | "failed" | "indeterminate" | "rejected";
  readonly attempts: readonly AttemptLine[];
  /** Only there when true: see `counts.ambiguous`. */
  readonly ambiguous?: true;
  /** Only there when not delivered: the literal code of what the client gave up on. */
  readonly error?: string;
}
