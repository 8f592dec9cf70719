/**
 * The server's log: one JSON line an event for machines, one short line for people.
 *
 * The first line is always `listening`, once everything is open: scripts wait for it. What the
 * server says earlier is kept back until then. Bodies are in no line unless asked for, and then only
 * how they begin, without what looks like a secret; whatever came from outside is made printable.
 */
import { openLog, payloadFields, readLogLevel, safeJson } from "@faultline/api/log";
import type { Log, LogLevel, LogThreshold } from "@faultline/api/log";
import type { ServerEvent } from "@faultline/server";

import { ToolError } from "../exit.ts";
import type { System } from "../system.ts";
import { printable } from "./printable.ts";
import { styleFor } from "./style.ts";
import type { Paint, Style } from "./style.ts";

/** Where one transport listens; null where it is switched off. */
export type ListeningAt = { readonly host: string; readonly port: number } | null;

/** The first line. */
export interface Listening {
  readonly event: "listening";
  readonly tcp: ListeningAt;
  readonly udp: ListeningAt;
  readonly tls?: ListeningAt;
  readonly codec: string;
  readonly responder: string;
  readonly workers: number;
  /** Replays the faults, with `--seed`. */
  readonly seed: number;
  /** Ids of the faults in force. */
  readonly faults: readonly string[];
}

/** Lines of our own, beside the server's. */
export type CommandEvent =
  | { readonly event: "phase"; readonly name: string; readonly faults: readonly string[] }
  | { readonly event: "stopping" }
  | { readonly event: "stopped" };

/** Anything that is logged after the first line. */
export type LogEvent = ServerEvent | CommandEvent;

function at({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The first line for a person. */
export function listeningPretty(listening: Listening, style: Style): string {
  const { tcp, tls = null, udp, codec, responder, workers, seed, faults } = listening;
  const places = [
    tcp === null ? [] : [`tcp ${at(tcp)}`],
    udp === null ? [] : [`udp ${at(udp)}`],
    tls === null ? [] : [`tls ${at(tls)}`],
  ].flat();
  const facts = [
    `codec ${codec}`,
    responder,
    `${workers} ${workers === 1 ? "worker" : "workers"}`,
    `seed ${seed}`,
    faults.length === 0 ? "no faults" : `faults ${faults.map(printable).join(" ")}`,
  ];
  const dot = style.unicode ? " · " : ", ";
  return [
    `${style.bold("listening")}  ${style.accent(places.join("  "))}`,
    style.dim(`${facts.join(dot)}; Ctrl-C stops`),
  ].join("\n");
}

function who(event: { readonly connection: number; readonly worker: number }): string {
  return event.worker === 0 ? `#${event.connection}` : `#${event.connection}/${event.worker}`;
}

/** The body of a message, quoted, where it was asked for. */
function body({
  bytes,
  payload,
}: {
  readonly bytes: number;
  readonly payload?: Uint8Array;
}): string {
  if (payload === undefined) return "";
  const shown = payloadFields(payload, payload.length, bytes);
  return "payload" in shown ? `: ${safeJson(shown.payload)}` : `: hex ${shown.payloadHex}`;
}

/** What happened, in words: the part after the event's name. */
function words(event: LogEvent): string {
  switch (event.event) {
    case "accept":
      return `${who(event)} ${event.transport} ${event.remote}`;
    case "message":
      return `${who(event)} operation ${event.operation} attempt ${event.attempt}, ${event.bytes} bytes${body(event)}`;
    case "reply": {
      const kind = event.status === 0 ? "" : `, error ${event.status}`;
      const replayed = event.replayed ? ", from the reply cache" : "";
      return `${who(event)} operation ${event.operation} attempt ${event.attempt}, ${event.bytes} bytes${kind}${replayed}${body(event)}`;
    }
    case "fault": {
      const { fault, direction, did, message, attempt } = event.record;
      return `${who(event)} ${fault} on ${direction} ${message} attempt ${attempt}: ${did}`;
    }
    case "refusal":
      return `${who(event)} ${event.remote} ${event.code}: ${event.message}${event.fatal ? ", closed" : ""}`;
    case "close":
      return `${who(event)} ${event.remote} ${event.code} after ${event.messages} messages`;
    case "phase":
      return `${event.name}: ${event.faults.join(" ") || "no faults"}`;
    default: {
      // The rare ones: every field by its name.
      const { event: _, ...fields } = event;
      const rest = Object.entries(fields).filter(([name]) => name !== "atUs" && name !== "worker");
      return rest.map(([name, value]) => `${name} ${String(value)}`).join(", ");
    }
  }
}

function paintOf(event: LogEvent["event"], style: Style): Paint {
  if (event === "fault" || event === "limit" || event === "phase") return style.warn;
  if (event === "refusal" || event.startsWith("worker-") || event.endsWith("-error"))
    return style.bad;
  if (event === "message" || event === "reply") return style.accent;
  return style.dim;
}

/** Two digits of a clock, three of a second. */
function clock(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

/** One event for a person. */
export function eventPretty(event: LogEvent, time: Date, style: Style): string {
  const name = paintOf(event.event, style)(event.event.padEnd(8));
  return `${style.dim(clock(time))}  ${name}  ${printable(words(event))}`.trimEnd();
}

/** One event as a JSON line: when it was logged, how much it matters, then the event as the server gave it. */
export function eventJson(event: LogEvent, time: Date): string {
  const { event: name, ...fields } = event;
  const head = { event: name, time: time.toISOString(), level: levelOf(event) };
  if (!("payload" in fields) || fields.payload === undefined) {
    return safeJson({ ...head, ...fields });
  }
  const { payload, ...rest } = fields;
  return safeJson({ ...head, ...rest, ...payloadFields(payload, payload.length, rest.bytes) });
}

/** How much an event matters: what comes with every message is `info`, what only a bug does `error`. */
export function levelOf({ event }: Pick<LogEvent, "event">): LogLevel {
  switch (event) {
    case "data-failed":
    case "failed":
    case "worker-crash":
    case "socket-error":
      return "error";
    case "events-dropped":
    case "limit":
    case "port-not-shared":
    case "refusal":
    case "worker-restart":
      return "warn";
    default:
      return "info";
  }
}

/** Writes the log to standard output; holds back what comes before the first line. */
export class ServerLog {
  readonly #system: System;
  readonly #log: Log;
  readonly #pretty: boolean;
  readonly #style: Style;
  #early: LogEvent[] | undefined = [];

  /**
   * @param json JSON lines even on a terminal
   * @throws ToolError for a `LOG_LEVEL` that is none
   */
  constructor(system: System, json: boolean) {
    this.#system = system;
    this.#pretty = system.stdout.isTTY && !json;
    this.#style = styleFor(system.stdout, system.env);
    this.#log = openLog({
      level: logLevelOf(system),
      name: "server",
      write: ({ event, fields }) => this.#write({ event, ...fields } as LogEvent),
    });
  }

  /** Whether anybody will read of single messages: else the server need not tell of them. */
  get wantsMessages(): boolean {
    return this.#log.isOn("info");
  }

  /** Writes the first line, whatever the level, then what was held back. */
  listening(listening: Listening): void {
    const text = this.#pretty ? listeningPretty(listening, this.#style) : JSON.stringify(listening);
    this.#system.stdout.write(`${text}\n`);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.event(event);
  }

  /** Writes an event. The server's own `listening` is left out: the first line says it for both. */
  event(event: LogEvent): void {
    if (event.event === "listening") return;
    if (this.#early !== undefined) {
      this.#early.push(event);
      return;
    }
    const { event: name, ...fields } = event;
    this.#log.write(levelOf(event), name, fields);
  }

  #write(event: LogEvent): void {
    const time = this.#system.date();
    const line = this.#pretty ? eventPretty(event, time, this.#style) : eventJson(event, time);
    this.#system.stdout.write(`${line}\n`);
  }
}

function logLevelOf({ env }: System): LogThreshold {
  try {
    return readLogLevel(env["LOG_LEVEL"], "info");
  } catch (error) {
    throw new ToolError((error as Error).message, { cause: error });
  }
}
