/**
 * What a log line is here, and the port that lines go through.
 *
 * A line is an event's name and flat fields: ids, codes, counts, times. Bodies and payloads are in
 * none unless asked for (`LOG_PAYLOADS`), and then as payload.ts cuts and cleans them; headers and
 * tokens never are. What is not handed over cannot be logged by mistake.
 * Who writes the lines, and how they look, is the business of log-tape.ts and log-lines.ts.
 */

/** How much a line matters, least first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
/** One of them. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The lowest level that is written; `silent` for none. */
export type LogThreshold = LogLevel | "silent";

/** What belongs to an event. Values are plain data. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Takes lines. */
export interface Log {
  /** Whether a line of this level would be written: asked before costly fields are made. */
  isOn(level: LogLevel): boolean;
  write(level: LogLevel, event: string, fields?: LogFields): void;
}

/** Writes nothing. */
export const SILENT: Log = { isOn: () => false, write: () => {} };

const WORDS: Readonly<Record<string, LogThreshold>> = Object.assign(
  Object.create(null) as Record<string, LogThreshold>,
  { trace: "debug", debug: "debug", info: "info", warn: "warn", warning: "warn" },
  { error: "error", fatal: "error", silent: "silent", off: "silent" },
);

/**
 * Reads `LOG_LEVEL`.
 * @param byDefault where it is not set or empty
 * @throws RangeError naming the variable and the words it takes
 */
export function readLogLevel(text: string | undefined, byDefault: LogThreshold): LogThreshold {
  const word = text?.trim().toLowerCase() ?? "";
  if (word === "") return byDefault;
  const level = WORDS[word];
  if (level !== undefined) return level;
  const given = JSON.stringify(word.slice(0, 40));
  const rule = `${LOG_LEVELS.join(", ")} or silent`;
  throw new RangeError(`Cannot start as "LOG_LEVEL" must be one of ${rule}: got ${given}`);
}
