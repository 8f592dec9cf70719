/**
 * Experiments: a spec goes in, a result comes out that another person can replay from its seed.
 *
 * What is not listed here may change tomorrow.
 */
export { checkDeterminism } from "./check/determinism.ts";
export type { DeterminismCheck, DeterminismOptions, EventDifference } from "./check/determinism.ts";
export { expectedDelivery } from "./oracle/forecast.ts";
export { planBodies } from "./plan/bodies.ts";
export type { Bodies } from "./plan/bodies.ts";
export { faultsInForce } from "./plan/faults.ts";
export { wasAborted } from "./result/aborted.ts";
export { canonicalJson, hashJson, sha256Hex } from "./result/canonical.ts";
export type { BetweenRuns, RunRow, Spread } from "./result/series.ts";
export type {
  AssertionResult,
  AttemptEnd,
  AttemptLine,
  Counts,
  Envelope,
  ExchangeLine,
  FaultResult,
  Interval,
  LatencySummary,
  Recovery,
  OracleResult,
  Result,
  ResultBody,
  RunVerdict,
  WireResult,
} from "./result/types.ts";
export { COMPARED, compareSpecs } from "./search/compare.ts";
export type {
  Change,
  CompareOptions,
  ComparedFigure,
  Comparison,
  FigureDifference,
  Figures,
} from "./search/compare.ts";
export { INVARIANTS } from "./search/failure.ts";
export type { Failure, Invariant, MessagePlace } from "./search/failure.ts";
export type { Firing } from "./search/firings.ts";
export { searchSeeds } from "./search/search.ts";
export type { FailingSeed, SearchOptions, SearchProgress, SearchResult } from "./search/search.ts";
export { shrink } from "./search/shrink.ts";
export type { RunSize, ShrinkOptions, ShrinkProgress, ShrinkResult } from "./search/shrink.ts";
export { runTrial } from "./search/trial.ts";
export type { CreateParts, Trial, TrialOptions } from "./search/trial.ts";
export { RunError } from "./run/error.ts";
export type { RunErrorCode } from "./run/error.ts";
export { runExperiment } from "./run/run.ts";
export type { RunLimits, RunOptions, RunOutput, RunProgress } from "./run/run.ts";
export type { SimulatedParts } from "./run/simulated.ts";
export type { CreateServerPart, ServerPart } from "./run/simulated-server.ts";
export { planScenario, scenarios, transportsIn } from "./scenarios/scenarios.ts";
export type { ScenarioChoice, ScenarioPlan } from "./scenarios/scenarios.ts";
export type { Scenario } from "./scenarios/types.ts";
export { SPEC_LIMITS_DEFAULT } from "./spec/limits.ts";
export type { SpecLimits } from "./spec/limits.ts";
export { parseSpec } from "./spec/parse.ts";
export type { ParseOptions, ParseResult } from "./spec/parse.ts";
export type { SpecProblem } from "./spec/problem.ts";
export { createSeedsSchema, createSpecSchema, specSchema } from "./spec/schema.ts";
export { messagesInAll, runsOf, specOfRun } from "./spec/seeds.ts";
export type { SeedsInput } from "./spec/seeds.ts";
export type {
  Assertion,
  Backoff,
  ClientPolicy,
  CodecName,
  FullFault,
  FullSpec,
  Mode,
  Network,
  NetworkPartition,
  Operator,
  PayloadRange,
  Phase,
  PhaseRole,
  RecoveryPolicy,
  ResponderName,
  RetryBudgetPolicy,
  ScheduledFiring,
  SeedRange,
  ServerEvent,
  ServerPolicy,
  TransportName,
  Workload,
} from "./spec/types.ts";
export { LatencySample } from "./statistics/latency.ts";
export { quantileRanks } from "./statistics/quantile.ts";
export type { RankInterval } from "./statistics/quantile.ts";
export { wilson, wilsonSampleSize } from "./statistics/wilson.ts";
