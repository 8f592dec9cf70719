/**
 * The experiment spec as plain data, every default filled in (specVersion 1).
 *
 * Types only: what may be left out, and the ranges, stand in schema.ts, which is where a spec
 * from outside comes in. Inside the house nothing is optional, so nobody asks twice what a
 * missing field means. All times are milliseconds, all sizes bytes, as the fields' names say.
 */
import type { Composition, FaultKind, FaultSpec } from "@faultline/faults";
import type { ChecksumName, SealCipher } from "@faultline/protocol";

/** Where an experiment runs: sockets on loopback, or a virtual network with a virtual clock. */
export type Mode = "real" | "simulated";

/** What carries the messages; simulated, `tls` is what it costs and hides nothing. */
export type TransportName = "tcp" | "udp" | "tls";

/** How a message is written: binary frames, or the original text form `body|checksum`. */
export type CodecName = "frame" | "pipe";

/** What the server does with a message. */
export type ResponderName = "echo" | "receive-only" | "counter";

/** One fault with every default of its kind filled in. */
export type FullFault = {
  [Kind in FaultKind]: Required<Extract<FaultSpec, { readonly kind: Kind }>>;
}[FaultKind];

/** A drawn size: uniform over the whole numbers from `min` to `max`, both included. */
export interface PayloadRange {
  readonly min: number;
  readonly max: number;
}

/** What is sent. */
export interface Workload {
  /** Messages of the whole run, dealt in turn to the clients. */
  readonly messages: number;
  /** Bytes of a generated body; with `bodies` it is not used. */
  readonly payloadBytes: number | PayloadRange;
  readonly clients: number;
  /** Messages each client may have unanswered at once. */
  readonly inFlightMax: number;
  /** Messages a second over all clients, planned at k / rate; null: as fast as `inFlightMax` allows. */
  readonly ratePerSecond: number | null;
  /**
   * With a rate: `uniform`, one every 1 / rate seconds; `poisson`, after gaps drawn from the
   * exponential distribution of that mean.
   */
  readonly arrivals: "uniform" | "poisson";
  /** Texts sent instead of generated bodies, in turn over the whole run; null: generated. */
  readonly bodies: readonly string[] | null;
  /** False: giving up on a message that may have executed makes it `indeterminate`, not `failed`. */
  readonly idempotent: boolean;
}

/** The wait before each retry. `constant` uses firstMs alone; `decorrelated` draws its own jitter. */
export interface Backoff {
  readonly kind: "constant" | "exponential" | "decorrelated";
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: "none" | "full" | "equal";
}

/** Tokens that retries cost and replies earn, for each client. */
export interface RetryBudgetPolicy {
  readonly tokensMax: number;
  readonly costPerRetry: number;
  readonly earnedPerReply: number;
}

/** How hard the client tries. */
export interface ClientPolicy {
  /** Transmissions of one message, the first included. */
  readonly attemptsMax: number;
  readonly attemptTimeoutMs: number;
  /** One deadline over queue, attempts and waits of a message. */
  readonly deadlineMs: number;
  readonly backoff: Backoff;
  /** What the retries of each client are paid from; null: only `attemptsMax` bounds them. */
  readonly retryBudget: RetryBudgetPolicy | null;
  /**
   * With `udp`: `plain`, one frame is one datagram and what is lost is an attempt; `packets`, frames
   * travel in packets that are acknowledged and repeated (see `packetDialer`).
   */
  readonly datagrams: "plain" | "packets";
  /** Bodies with one of these phrases, or blank ones, are never sent (`rejected`); null: no check. */
  readonly forbidden: readonly string[] | null;
}

/** The server under test. */
export interface ServerPolicy {
  readonly workers: number;
  readonly responder: ResponderName;
}

/** What the numbers of a phase are for. */
export type PhaseRole = "warm-up" | "baseline" | "fault" | "recovery" | "drain";

/** A stretch of the run with its own faults. The last phase lasts until the run ends. */
export interface Phase {
  readonly name: string;
  readonly durationMs: number;
  /** A fault for this phase alone, or the id of a top-level fault. */
  readonly faults: readonly (FullFault | string)[];
  /**
   * `warm-up`: left out of the latencies of the run. `baseline`: what recovery is measured by.
   * `fault`: recovery is measured from its end. The others are words for people.
   */
  readonly role: PhaseRole | null;
}

/** How recovery after a phase of the role `fault` is told. */
export interface RecoveryPolicy {
  /** Messages that must settle one after the other like those of the baseline. */
  readonly windowMessages: number;
  /** How sure it must be that such a window is not like the baseline. */
  readonly confidence: number;
}

/** One firing of a schedule: a fault acts on one transmission, one way. */
export interface ScheduledFiring {
  /** The id of a fault of the spec. */
  readonly fault: string;
  /** From 0. */
  readonly client: number;
  /** From 0 within its client; for `slow-close` the number of the client's end of stream that way. */
  readonly message: number;
  /** From 1; 0 for `slow-close`, which acts on no message. */
  readonly attempt: number;
  readonly direction: "request" | "reply";
  /** 0: the original; from 1: the copies that a `duplicate` made. */
  readonly copy: number;
}

/** Nothing passes between the server and its clients for a while, while connections stay open. */
export interface NetworkPartition {
  readonly fromMs: number;
  readonly toMs: number;
  /** From 0; null: all clients. */
  readonly client: number | null;
  readonly way: "both" | "request" | "reply";
}

/** The simulated network between each client and the server, the same both ways. Chances are per packet. */
export interface Network {
  /** Time on the wire, one way. */
  readonly delayMs: number;
  /** Added to it: 0 … jitterMs, all equally likely. */
  readonly jitterMs: number;
  /** One way; null: no limit. */
  readonly bytesPerSecond: number | null;
  /** Packets that may wait for the rate; one more is dropped. */
  readonly queuePacketsMax: number;
  /** A lost segment of a stream is sent again, after a wait; a lost datagram is gone. */
  readonly loss: number;
  /** Datagrams only. */
  readonly duplicate: number;
  /** Chance that a packet takes a millisecond longer, so that later ones pass it. */
  readonly reorder: number;
  /** A segment fails its checksum and is sent again; a datagram arrives with a flipped bit. */
  readonly corrupt: number;
  /**
   * Of streams. `none`: a window of 256 KiB and repetition after a timeout; `newreno`: congestion
   * control and acknowledgements that may be lost, as TCP has them.
   */
  readonly congestionControl: "none" | "newreno";
  readonly partitions: readonly NetworkPartition[];
}

/** Something that befalls the process of the simulated server. */
export interface ServerEvent {
  /** Since the run began. */
  readonly atMs: number;
  /** `crash` ends the process; `restart` begins anew, after a crash where one still runs. */
  readonly kind: "crash" | "restart" | "pause" | "resume";
  /** What a crash does to open connections: they are reset, or nothing is ever heard again. */
  readonly connections: "reset" | "silent";
  /** What it does to all that was executed: nobody knows of it any more, or it lay on a disk. */
  readonly memory: "lost" | "kept";
}

/** The comparisons an assertion may make. */
export type Operator = "<" | "<=" | "==" | "!=" | ">=" | ">";

/** One thing that must hold. */
export interface Assertion {
  /** Path of a number in the result: `delivery.ratio`, `latencyMs.p99`, `faults.flip.fired`. */
  readonly metric: string;
  readonly op: Operator;
  readonly value: number;
  /** Confidence of the interval that must clear the value; null: the observed value alone is compared. */
  readonly confidence: number | null;
  /** Only messages planned in this phase count; null: the whole run. */
  readonly phase: string | null;
  /** True: to hold in one run of the series is enough. For what must happen at all: a fault fired. */
  readonly sometimes: boolean;
}

/** Seeds in a row: `base`, `base + 1`, … `base + runs - 1`. */
export interface SeedRange {
  readonly base: number;
  readonly runs: number;
}

/** How links are sealed. The secret is no part of a spec. */
export interface Seal {
  readonly cipher: SealCipher;
}

/** A whole experiment. */
export interface FullSpec {
  readonly specVersion: 1;
  readonly name: string;
  readonly mode: Mode;
  /** 0 … 2^53-1. With `seeds`, the first of them. */
  readonly seed: number;
  /** One run for each of these seeds, all different; null: one run, with `seed`. */
  readonly seeds: readonly number[] | SeedRange | null;
  readonly transport: TransportName;
  readonly codec: CodecName;
  readonly checksum: ChecksumName;
  /** Links encrypted and authenticated below the codec; null: they are not. */
  readonly seal: Seal | null;
  readonly workload: Workload;
  readonly client: ClientPolicy;
  readonly server: ServerPolicy;
  readonly faults: readonly FullFault[];
  readonly composition: Composition;
  /** Only these firings happen; null: as drawn. */
  readonly schedule: readonly ScheduledFiring[] | null;
  readonly phases: readonly Phase[] | null;
  readonly recovery: RecoveryPolicy;
  /** Simulated mode only. */
  readonly events: readonly ServerEvent[];
  /** Simulated mode only; null: 50 µs each way, and nothing goes wrong. */
  readonly network: Network | null;
  /** Whether the wires are captured, packet by packet. */
  readonly capture: boolean;
  /** Most bytes of the capture; what comes later is left out of it. */
  readonly captureBytesMax: number;
  /** Whether the capture holds what decrypts it. */
  readonly captureSecrets: boolean;
  readonly assert: readonly Assertion[];
}
