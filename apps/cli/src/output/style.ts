/**
 * Colours and shapes, as far as the terminal can show them.
 *
 * Colour is on only where a person looks (a TTY), and never against NO_COLOR (no-color.org);
 * FORCE_COLOR turns it on elsewhere. Shapes beyond ASCII are left out on terminals and in
 * locales that cannot show them. No library: five colours and two checks.
 */
import { stripVTControlCharacters } from "node:util";

/** Paints a piece of text; returns it as it was where colour is off. */
export type Paint = (text: string) => string;

/** How to draw on one output. */
export interface Style {
  readonly color: boolean;
  /** False: only ASCII may be drawn. */
  readonly unicode: boolean;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly accent: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
}

/** The environment as the style needs it. */
export type Environment = Readonly<Record<string, string | undefined>>;

function set(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

function wantsColor(isTTY: boolean, env: Environment): boolean {
  if (set(env["NO_COLOR"])) return false;
  if (set(env["FORCE_COLOR"])) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  return isTTY && env["TERM"] !== "dumb";
}

function wantsUnicode(env: Environment): boolean {
  if (set(env["FAULTLINE_ASCII"])) return false;
  if (env["TERM"] === "linux" || env["TERM"] === "dumb") return false;
  // The first that is set decides (POSIX); none set, as in most containers, means a modern default.
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find(set);
  return locale === undefined || /utf-?8/i.test(locale);
}

function painter(on: boolean, open: number, close: number): Paint {
  return on ? (text) => `\u001b[${open}m${text}\u001b[${close}m` : (text) => text;
}

/** The style of an output: colour by TTY and environment, shapes by locale. */
export function styleFor(output: { readonly isTTY: boolean }, env: Environment): Style {
  const color = wantsColor(output.isTTY, env);
  return {
    color,
    unicode: wantsUnicode(env),
    good: painter(color, 32, 39),
    bad: painter(color, 31, 39),
    warn: painter(color, 33, 39),
    accent: painter(color, 36, 39),
    bold: painter(color, 1, 22),
    dim: painter(color, 2, 22),
  };
}

// Combining marks and joiners take no column; East Asian wide and emoji take two (UAX #11, coarse).
const ZERO_WIDTH = /^(?:\p{Mn}|\p{Me}|[\u200b-\u200d])$/u;
const DOUBLE_WIDTH =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

/** Columns a text takes on a terminal, colour codes not counted. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (character >= " " && character <= "~") columns += 1;
    else if (DOUBLE_WIDTH.test(character)) columns += 2;
    else if (!ZERO_WIDTH.test(character)) columns += 1;
  }
  return columns;
}
