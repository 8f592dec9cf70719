/**
 * The REST API as a library: start it, or build its app for a test.
 *
 * What is not listed here may change tomorrow.
 */

export { createApp } from "./app.ts";
export type { AppDeps } from "./app-deps.ts";
export type { Clock, RandomBytes } from "./clock.ts";
export { isLoopback } from "./guard/host.ts";
export { SCOPES } from "./guard/scope.ts";
export type { Scope } from "./guard/scope.ts";
export { fixedTokens } from "./guard/token-book.ts";
export type { TokenBook } from "./guard/token-book.ts";
export { TokenError } from "./guard/token-file.ts";
export type { NewToken, TokenRecord } from "./guard/token.ts";
export { createToken, listTokens, revokeToken, TOKEN_DAYS_MAX } from "./guard/tokens.ts";
export type { CreateTokenOptions, TokenSummary } from "./guard/tokens.ts";
export { ListenError } from "./http/server.ts";
export { LIMITS } from "./limits.ts";
export type { LimitName, Limits } from "./limits.ts";
export type { Log, LogFields, LogLevel } from "./observe/log.ts";
export { PROBLEMS } from "./problem.ts";
export type { InputError, Problem, ProblemCode } from "./problem.ts";
export type { Runner, RunOutcome, RunWatch } from "./runner/runner.ts";
export { RUN_STATUSES } from "./runs/run.ts";
export type { Progress, Run, RunStatus } from "./runs/run.ts";
export { RUN_KINDS } from "./runs/task.ts";
export type {
  CompareTask,
  RunKind,
  RunResult,
  RunTask,
  SearchTask,
  ShrinkTask,
} from "./runs/task.ts";
export { startApi } from "./start.ts";
export type { Api, StartOptions } from "./start.ts";
export { StoreError } from "./store/store.ts";
export type { Store, StoreErrorCode } from "./store/store.ts";
