/**
 * The events of a client as lines of a log, whichever logger writes them.
 *
 *   console, LogTape, winston: logger.warn(message, fields)     pino, bunyan: logger.warn(fields, message)
 *
 * A message is the same words every time and says what kind of thing happened; what is particular
 * stands in the fields, as integers in microseconds where it is a time. No body is ever logged. A
 * logger is known by its shape alone, so that none has to be installed.
 */
import { refusal } from "./checks.ts";
import { errorOf } from "./client-error.ts";
import type { ClientEvent, ClientListener } from "./events.ts";
import type { Outcome } from "./outcome.ts";

/** How much something matters; the names that loggers have in common. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What is particular about one line. */
export type LogFields = Record<string, unknown>;

/** A logger that takes the message first: `console`, LogTape, winston. */
export type MessageFirstLogger = Readonly<
  Record<LogLevel, (message: string, fields: LogFields) => void>
>;

/** A logger that takes the fields first: pino, bunyan. */
export type FieldsFirstLogger = Readonly<
  Record<LogLevel, (fields: LogFields, message: string) => void>
>;

/** How events are logged. */
export interface LogOptions {
  /** Levels other than the usual ones, by event; `off`: not logged. */
  readonly levels?: Partial<Readonly<Record<ClientEvent["event"], LogLevel | "off">>>;
  /** What the logger takes first. @default "message" */
  readonly first?: "message" | "fields";
}

const MESSAGES: Readonly<Record<ClientEvent["event"], string>> = {
  "attempt-ended": "attempt ended",
  "attempt-refused": "attempt refused",
  "dial-failed": "connection could not be opened",
  "hedge-refused": "hedge refused",
  "late-reply": "late reply accepted",
  "push-back": "server pushed back",
  "stale-reply": "stale reply dropped",
  backoff: "waiting before the next attempt",
  breaker: "circuit breaker changed",
  closed: "connection closed",
  dial: "connecting",
  ejected: "endpoint left alone for a while",
  lost: "connection lost",
  open: "connected",
  ping: "ping sent",
  placed: "message left the queue",
  queued: "message queued",
  refusal: "bytes refused",
  sent: "attempt sent",
  settled: "message settled",
  submitted: "message submitted",
};

/** Of what does not depend on how it went. */
const LEVELS: Readonly<Partial<Record<ClientEvent["event"], LogLevel>>> = {
  "attempt-refused": "warn",
  "dial-failed": "warn",
  "push-back": "warn",
  closed: "info",
  ejected: "warn",
  lost: "warn",
  open: "info",
  refusal: "warn",
};

/**
 * A listener that writes every event to a logger. Trouble that the client copes with is `warn` at
 * most; `error` is a message that was not delivered, with an `err` that has all attempts in its
 * `cause`.
 *
 * @example
 * createClient({ ...options, onEvent: logEvents(console) });
 * createClient({ ...options, onEvent: logEvents(pino(), { first: "fields" }) });
 *
 * @throws TypeError where the logger lacks a level.
 */
export function logEvents(
  logger: FieldsFirstLogger,
  options: LogOptions & { readonly first: "fields" },
): ClientListener;
export function logEvents(
  logger: MessageFirstLogger,
  options?: LogOptions & { readonly first?: "message" },
): ClientListener;
export function logEvents(
  logger: MessageFirstLogger | FieldsFirstLogger,
  { first = "message", levels = {} }: LogOptions = {},
): ClientListener {
  for (const level of ["debug", "info", "warn", "error"] as const) {
    if (typeof logger?.[level] === "function") continue;
    const setting = { doing: "log events", name: `logger.${level}`, value: logger?.[level] };
    throw new TypeError(refusal(setting, "a function"));
  }
  return (event) => {
    const level = levels[event.event] ?? levelOf(event);
    if (level === "off") return;
    const message = MESSAGES[event.event];
    const fields = fieldsOf(event);
    if (first === "message") (logger as MessageFirstLogger)[level](message, fields);
    else (logger as FieldsFirstLogger)[level](fields, message);
  };
}

function levelOf(event: ClientEvent): LogLevel {
  switch (event.event) {
    case "attempt-ended":
      return event.ended === "reply" || event.ended === "aborted" ? "debug" : "info";
    case "breaker":
      return event.state === "open" ? "warn" : "info";
    case "settled":
      return levelOfOutcome(event.outcome);
    default:
      return LEVELS[event.event] ?? "debug";
  }
}

function levelOfOutcome({ error, outcome }: Outcome): LogLevel {
  if (outcome === "delivered") return "debug";
  if (error.code === "aborted" || error.code === "closed") return "info";
  return outcome === "rejected" ? "warn" : "error";
}

function fieldsOf(event: ClientEvent): LogFields {
  if (event.event !== "settled") return { ...event };
  const { attempts, endedUs, operation, outcome, submittedUs } = event.outcome;
  const fields = {
    event: event.event,
    atUs: event.atUs,
    operation,
    outcome,
    attempts: attempts.length,
    tookUs: endedUs - submittedUs,
  };
  const err = errorOf(event.outcome);
  return err === undefined ? fields : { ...fields, code: err.code, err };
}
