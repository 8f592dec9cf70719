/** The door of the client package: what is not named here may change tomorrow. */
export { createBackoff } from "./backoff.ts";
export type { Backoff, BackoffOptions, BackoffStep } from "./backoff.ts";
export { createBreaker } from "./breaker.ts";
export type { Breaker, BreakerOptions, Permit } from "./breaker.ts";
export { createClient } from "./client.ts";
export type { Client, CloseOptions } from "./client.ts";
export { AttemptError, ClientError, errorOf } from "./client-error.ts";
export { systemClock } from "./clock.ts";
export type { EndpointOptions } from "./endpoint.ts";
export type { ClientEvent, ClientListener } from "./events.ts";
export type {
  AttemptFailure,
  AttemptStatus,
  ClientFailure,
  ClientFailureCode,
  ErrorReplyStatus,
} from "./failure.ts";
export { createHedge } from "./hedge.ts";
export type { Hedge, HedgeOptions } from "./hedge.ts";
export { randomDraw, randomSession, systemRandom } from "./ids.ts";
export { listeners } from "./listeners.ts";
export { logEvents } from "./log-events.ts";
export type {
  FieldsFirstLogger,
  LogFields,
  LogLevel,
  LogOptions,
  MessageFirstLogger,
} from "./log-events.ts";
export { meterEvents } from "./meter-events.ts";
export type {
  EventMeter,
  InstrumentOptions,
  MeterOptions,
  MetricAttributes,
} from "./meter-events.ts";
export type { Done } from "./operation.ts";
export type { ClientOptions, SubmitOptions } from "./options.ts";
export type { Attempt, AttemptEnd, Delivered, NotDelivered, Outcome } from "./outcome.ts";
export { createOutliers } from "./outliers.ts";
export type { Ejection, OutlierOptions, Outliers, SuccessRateOptions } from "./outliers.ts";
export { createPool } from "./pool.ts";
export type { EndpointStats, Pool, PoolStats } from "./pool.ts";
export type { PoolEndpointOptions, PoolOptions } from "./pool-options.ts";
export { createReconnect } from "./reconnect.ts";
export type { Reconnect, ReconnectOptions } from "./reconnect.ts";
export { createRetryBudget } from "./retry-budget.ts";
export type { RetryBudget, RetryBudgetOptions } from "./retry-budget.ts";
export { createRttEstimate, rttProfiles } from "@faultline/protocol";
export type { RttEstimate, RttProfile } from "@faultline/protocol";
export type { ClientStats, RttStats } from "./stats.ts";
export { tcpDialer } from "./tcp.ts";
export type { TcpDialerOptions } from "./tcp.ts";
export type { TimingOptions } from "./timing.ts";
export { tlsDialer } from "./tls.ts";
export type { TlsDialerOptions } from "./tls.ts";
export { udpDialer } from "./udp.ts";
export type { UdpDialerOptions } from "./udp.ts";
