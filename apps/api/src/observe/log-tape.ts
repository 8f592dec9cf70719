/**
 * The log through LogTape: levels, categories and sinks are the library's, the look is ours.
 *
 * LogTape is set up once for a whole process, so this is called where programs are put together
 * (main.ts, the command line) and never by a library: who embeds the service hands in a `Log`.
 */

import { configureSync, getLogger, type LogLevel as TapeLevel } from "@logtape/logtape";
import type { LogLine } from "./log-lines.ts";
import { type Log, LOG_LEVELS, type LogFields, type LogLevel, type LogThreshold } from "./log.ts";

/** Where lines go. */
export interface LogOptions {
  readonly level: LogThreshold;
  /** Part of the program, `api` for example. */
  readonly name: string;
  /** Takes one line at a time, in order. */
  write(line: LogLine): void;
}

const TAPE_LEVELS: Readonly<Record<LogLevel, TapeLevel>> = {
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
};

const OUR_LEVELS: Readonly<Record<TapeLevel, LogLevel>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  fatal: "error",
};

/** Sets LogTape up for this process and gives the log. A second call replaces the first. */
export function openLog({ level, name, write }: LogOptions): Log {
  const lowestLevel = level === "silent" ? null : TAPE_LEVELS[level];
  configureSync({
    reset: true,
    sinks: {
      lines: ({ timestamp, level: tapeLevel, rawMessage, properties }) =>
        write({
          time: new Date(timestamp),
          level: OUR_LEVELS[tapeLevel],
          event: String(rawMessage),
          fields: properties,
        }),
    },
    loggers: [
      { category: ["faultline"], sinks: ["lines"], lowestLevel },
      // What the library has to say about itself: only when it is in trouble.
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "error" },
    ],
  });
  const logger = getLogger(["faultline", name]);
  const lowest = level === "silent" ? LOG_LEVELS.length : LOG_LEVELS.indexOf(level);
  return {
    isOn: (wanted) => LOG_LEVELS.indexOf(wanted) >= lowest,
    write(wanted, event, fields: LogFields = {}) {
      logger[wanted](event, { ...fields });
    },
  };
}
