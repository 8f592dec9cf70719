/**
 * Option values: text in, a checked value out, or one sentence that says what was wrong.
 *
 * Every refusal names the option, the rule and the value that was given. Numbers are plain
 * decimal digits: `1e3`, `0x10`, ` 5` and `5.0` are typing slips more often than wishes, so
 * they are refused rather than guessed at.
 */
import { ToolError } from "../exit.ts";
import { shown } from "../output/printable.ts";
import { didYouMean } from "./suggest.ts";

/** Reads one option's text. @throws ToolError with a refusal */
export type Reader<T> = (text: string) => T;

/** Threads that may share work: more than any machine has cores. */
export const THREADS_MAX = 256;
/** Largest seed: the largest integer that every JSON reader keeps exactly. */
export const SEED_MAX: number = Number.MAX_SAFE_INTEGER;

function refuse(verb: string, option: string, rule: string, text: string): ToolError {
  return new ToolError(`Cannot ${verb} as "${option}" must be ${rule}: got ${shown(text)}`);
}

/** The readers of one verb; the verb stands in each refusal. */
export interface Readers {
  integer(option: string, min: number, max: number): Reader<number>;
  choice<T extends string>(option: string, words: readonly T[]): Reader<T>;
  /** 0 … 65535 (0: any free one), or the word `off`: the parser takes null for a reader that failed. */
  portOrOff(option: string): Reader<number | "off">;
  host(option: string): Reader<string>;
  /** A path to read from, or of a folder: anything but the empty text. */
  path(option: string): Reader<string>;
  /** A path to write to. `-` would be taken for standard output, and is refused rather than made. */
  output(option: string): Reader<string>;
}

const DIGITS = /^\d{1,16}$/;
/** An IPv4 or IPv6 literal or a host name; what it names is found out by the dialer. */
const HOST = /^[A-Za-z0-9._:%-]{1,253}$/;

function readInteger(text: string, min: number, max: number): number | undefined {
  if (!DIGITS.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

/** Makes the readers of a verb: `readers("run")` refuses with `Cannot run as …`. */
export function readers(verb: string): Readers {
  return {
    integer: (option, min, max) => (text) => {
      const value = readInteger(text, min, max);
      if (value !== undefined) return value;
      throw refuse(verb, option, `an integer from ${min} to ${max}`, text);
    },
    choice: (option, words) => (text) => {
      const found = words.find((word) => word === text);
      if (found !== undefined) return found;
      const rule = `one of ${words.join(", ")}`;
      const hint = didYouMean(text, words);
      throw new ToolError(`${refuse(verb, option, rule, text).message}${hint}`);
    },
    portOrOff: (option) => (text) => {
      if (text === "off") return text;
      const value = readInteger(text, 0, 65_535);
      if (value !== undefined) return value;
      throw refuse(verb, option, 'a port from 0 to 65535 (0: any free one) or "off"', text);
    },
    host: (option) => (text) => {
      if (HOST.test(text)) return text;
      throw refuse(verb, option, "a host name or an IP address", text);
    },
    path: (option) => (text) => {
      if (text.length > 0 && !text.includes("\0")) return text;
      throw refuse(verb, option, "the path of a file or folder", text);
    },
    output: (option) => (text) => {
      if (text.length > 0 && text !== "-" && !text.includes("\0")) return text;
      throw refuse(verb, option, "the path of a file, not of standard output", text);
    },
  };
}
