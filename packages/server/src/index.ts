/**
 * The door: everything that others may rely on. What is not listed may change tomorrow.
 */
export type { KeyOptions } from "./core/auth.ts";
export { createServerCore } from "./core/core.ts";
export type { ServerCodec, ServerCoreOptions } from "./core/core-options.ts";
export type { ServerCore } from "./core/core.ts";
export { FIRST_LIFE } from "./core/life.ts";
export type { Life, ServerPast } from "./core/life.ts";
export { NO_FAULTS } from "./core/plan.ts";
export { createResponder } from "./core/responder.ts";
export type { Responder, ResponderName, ResponderState } from "./core/responder.ts";
export { createReplyMemory } from "./core/session-table.ts";
export type { ReplyMemory, Session as RememberedSession } from "./core/session-table.ts";
export { createEntrance } from "./entrance.ts";
export type { Entrance, EntranceOptions } from "./entrance.ts";
export { ServerError } from "./error.ts";
export type { ServerErrorCode } from "./error.ts";
export type {
  CloseCode,
  EventLevel,
  ServerEnding,
  ServerEvent,
  ServerFaultRecord,
  ServerRefusalCode,
} from "./event.ts";
export type { Durability } from "./journal/file-store.ts";
export { SERVER_LIMITS_DEFAULT } from "./limits.ts";
export type { ServerLimits } from "./limits.ts";
export type { ServerOptions, WireLogSink } from "./options.ts";
export { startServer } from "./server.ts";
export type { CloseOptions, Endpoint, FaultServer } from "./server.ts";
export type { ServerTlsOptions } from "./tls-options.ts";
export { mergeStats, withoutGauges } from "./stats.ts";
export type { CoreStats, RefusalCounts, ServerCounters, ServerStats } from "./stats.ts";
