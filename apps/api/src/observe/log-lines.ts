/**
 * Log lines as text: JSON for machines, short and aligned for people.
 *
 * Whatever stands in a field, a line stays one line and cannot repaint a terminal: JSON escapes
 * the C0 controls, and what it leaves alone (C1 controls, line separators, bidirectional
 * overrides) is escaped here in JSON's own way, so that the text still parses to the same value.
 */

import type { LogFields, LogLevel } from "./log.ts";

/** A line before it is text. */
export interface LogLine {
  readonly time: Date;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

// DEL and C1 controls, bidirectional marks and overrides, line and paragraph separators.
const UNSAFE = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** What may stand in a line for people without quotes. */
const BARE = /^[\w.:/@+%-]+$/;

const EVENT_COLUMNS = 12;
const LEVEL_COLUMNS = 5;

/** A value as JSON in which no character acts on a terminal. */
export function safeJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  return text.replace(UNSAFE, (character) => {
    const digits = character.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${digits}`;
  });
}

/** One JSON object: time, level, event, then the fields. */
export function jsonLine({ time, level, event, fields }: LogLine): string {
  return safeJson({ time: time.toISOString(), level, event, ...fields });
}

/** One line for people: time of day in UTC, level, event, `name=value` for each field. */
export function prettyLine({ time, level, event, fields }: LogLine): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${word(name)}=${word(value)}`);
  const clock = time.toISOString().slice(11, 23);
  const head = `${clock}  ${level.padEnd(LEVEL_COLUMNS)}  ${event.padEnd(EVENT_COLUMNS)}`;
  return [head, ...pairs].join("  ").trimEnd();
}

function word(value: unknown): string {
  return typeof value === "string" && BARE.test(value) ? value : safeJson(value);
}
