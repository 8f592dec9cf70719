/**
 * Faults as plain data: what stands in an experiment spec, word for word.
 *
 * Types only; ranges are checked by `checkFault` (check.ts) and by the experiment's schema.
 * Every field but `id` and `kind` may be left out; the defaults stand beside each.
 */

/** What every fault takes. */
export interface FaultCommon {
  readonly id: string;
  /** Which way it acts. @default "reply"; "both" for blackhole and partition */
  readonly direction?: "request" | "reply" | "both";
  /** Chance to act on an eligible unit, 0 … 1. @default 1 */
  readonly probability?: number;
  /** Only the first so many messages of the run are eligible (all their attempts). @default null: all */
  readonly firstMessages?: number | null;
  /** Only every so-many-th message is eligible: 3 means the 3rd, 6th, 9th … @default null: all */
  readonly everyMessages?: number | null;
  /** Acts at most so many times in the run. @default null: no limit */
  readonly countMax?: number | null;
}

/** Shapes of a delay; distribution.ts says what each makes of its settings. */
export type DelayDistribution =
  | "constant"
  | "uniform"
  | "normal"
  | "exponential"
  | "pareto"
  | "paretonormal"
  | "lognormal";

/** A unit arrives later, by a time drawn from a distribution. Times in ms. */
export interface DelayFault extends FaultCommon {
  readonly kind: "delay";
  readonly delayMs: number;
  /**
   * Spread around delayMs: ± for uniform, else the standard deviation (exponential: 0 means
   * delayMs). Must be 0 for constant.
   *
   * @default 0
   */
  readonly jitterMs?: number;
  /** @default "constant" when jitterMs is 0, else "uniform" */
  readonly distribution?: DelayDistribution;
  /** netem's: 0 … 1, how much of the previous draw is kept. @default 0 */
  readonly correlation?: number;
}
/** A unit never arrives. */
export interface LossFault extends FaultCommon {
  readonly kind: "loss";
  /** `error`: the sender is told by an error reply, as the original did. @default "silence" */
  readonly answer?: "silence" | "error";
}
/** A unit arrives damaged. */
export interface CorruptFault extends FaultCommon {
  readonly kind: "corrupt";
  /** @default "bit" */
  readonly how?: "bit" | "byte" | "truncate" | "garbage";
}
/** A unit arrives more than once. */
export interface DuplicateFault extends FaultCommon {
  readonly kind: "duplicate";
  /** Extra arrivals, 1 … 50. @default 1 */
  readonly copies?: number;
}
/** Later units pass an earlier one. Times in ms. */
export interface ReorderFault extends FaultCommon {
  readonly kind: "reorder";
  /** How many later units pass it. @default 1 */
  readonly gap?: number;
  /** Longest it is held back when nothing passes it. @default 50 */
  readonly delayMs?: number;
}
/** Losses in clusters: the two-state model of Gilbert and Elliott. All chances are 0 … 1. */
export interface BurstLossFault extends FaultCommon {
  readonly kind: "burst-loss";
  /** Good to bad, per message. @default 0.05 */
  readonly p?: number;
  /** Bad to good, per message. @default 0.3 */
  readonly r?: number;
  /** @default 1 */
  readonly lossInBad?: number;
  /** @default 0 */
  readonly lossInGood?: number;
}
/** A link of so many bytes a second, for each session and direction. */
export interface BandwidthFault extends FaultCommon {
  readonly kind: "bandwidth";
  readonly bytesPerSecond: number;
  /** Token bucket depth. @default 1500 */
  readonly burstBytes?: number;
}
/** A unit is written in pieces; streams only. Times in ms. */
export interface SliceFault extends FaultCommon {
  readonly kind: "slice";
  /** Mean size of a piece in bytes; a unit no longer than this stays whole. @default 16 */
  readonly sliceBytes?: number;
  /** Pause between two pieces. @default 1 */
  readonly delayMs?: number;
}
/** The connection is reset; streams only. */
export interface ResetFault extends FaultCommon {
  readonly kind: "reset";
}
/** The connection swallows everything from this unit on. */
export interface BlackholeFault extends FaultCommon {
  readonly kind: "blackhole";
}
/** The end of a stream comes late; streams only. Times in ms. */
export interface SlowCloseFault extends FaultCommon {
  readonly kind: "slow-close";
  /** How much later the end of the stream is passed on. */
  readonly delayMs: number;
}
/** Nothing gets through while it is in force. */
export interface PartitionFault extends FaultCommon {
  readonly kind: "partition";
}
/** A bit of the encrypted record that carries a reply is flipped; TLS only. */
export interface CorruptRecordFault extends FaultCommon {
  readonly kind: "corrupt-record";
}
/** The connection ends in the middle of the encrypted record that carries a reply; TLS only. */
export interface CutRecordFault extends FaultCommon {
  readonly kind: "cut-record";
}

/** One fault as data, told apart by `kind`. */
export type FaultSpec =
  | DelayFault
  | LossFault
  | CorruptFault
  | DuplicateFault
  | ReorderFault
  | BurstLossFault
  | BandwidthFault
  | SliceFault
  | ResetFault
  | BlackholeFault
  | SlowCloseFault
  | PartitionFault
  | CorruptRecordFault
  | CutRecordFault;

/** The word of a fault. */
export type FaultKind = FaultSpec["kind"];

/** `independent`: every fault draws for itself, in list order. `exclusive`: one weighted draw an attempt. */
export type Composition = "independent" | "exclusive";

/**
 * One firing: a fault acts on one unit. `direction`, `message`, `attempt` and `copy` are a unit's
 * (verdict.ts); for `slow-close`, `message` is the number of the end and `attempt` is 0.
 */
export interface Firing {
  /** The id of a fault of the plan. */
  readonly fault: string;
  /** 16 hex digits. */
  readonly session: string;
  readonly direction: "request" | "reply";
  readonly message: number;
  readonly attempt: number;
  /** @default 0 */
  readonly copy?: number;
}

/** A set of faults in force at one time. */
export interface FaultPlan {
  readonly seed: number;
  readonly composition: Composition;
  readonly faults: readonly FaultSpec[];
  /**
   * Session ids (16 hex digits) in client order, where the run knows them: `firstMessages`,
   * `everyMessages` and `countMax` then count over the whole run, dealt in turn to the clients
   * as the messages are. Other sessions count for themselves.
   */
  readonly sessions?: readonly string[];
  /**
   * Which firings happen, and no others: neither probability nor gates nor the composition are
   * asked any more. How a firing turns out (how long a delay is, which bit is flipped) is drawn by
   * its key as ever. schedule.ts says what a firing is for the faults that remember.
   *
   * @default null: as drawn
   */
  readonly schedule?: readonly Firing[] | null;
}
