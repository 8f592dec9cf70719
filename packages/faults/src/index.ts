/**
 * The door of the package: every name that others may rely on.
 *
 * A chain is built from a plan and asked unit by unit; the rest is what it takes to write plans,
 * check them, read decisions and judge counts. What is not listed here may change tomorrow.
 */
export { FAULT_KINDS, faultCatalog } from "./catalog.ts";
export { type EndDecision, FaultChain, type FaultChainOptions, type StreamEnd } from "./chain.ts";
export { checkFault } from "./check.ts";
export { checkPlan } from "./check-plan.ts";
export { PASS_DECISION } from "./decision.ts";
export { delayLaw } from "./distribution.ts";
export type { DelayLaw } from "./distribution.ts";
export type { Draws } from "./draws.ts";
export type { Fault, FaultCatalog, FaultEntry, FaultTools, Series, Transport } from "./fault.ts";
export { COMMON_FIELDS, type FieldRule } from "./fields.ts";
export { hashText, keyedDraws, keyedUint32, RNG_NAME, wordHigh, wordLow } from "./keyed.ts";
export type { FaultProblem } from "./problem.ts";
export type {
  BandwidthFault,
  BlackholeFault,
  BurstLossFault,
  Composition,
  CorruptFault,
  DelayDistribution,
  DelayFault,
  DuplicateFault,
  FaultCommon,
  FaultKind,
  FaultPlan,
  FaultSpec,
  Firing,
  LossFault,
  PartitionFault,
  ReorderFault,
  ResetFault,
  SliceFault,
  SlowCloseFault,
} from "./spec.ts";
export { type FaultStats, mergeFaultStats, zScore } from "./stats.ts";
export type {
  Decision,
  Direction,
  FaultRecord,
  RecordHarm,
  Unit,
  UnitKind,
  Verdict,
} from "./verdict.ts";
