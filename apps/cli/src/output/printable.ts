/**
 * Text from outside, made safe to print.
 *
 * A message, a peer or a file name may hold escape sequences that repaint a terminal or forge a
 * log line. Control characters and the bidirectional overrides are shown as escapes; everything
 * else is left as it was. JSON output needs none of this: its encoder escapes already.
 */

// C0, DEL and C1 controls, line and paragraph separators, bidirectional marks and overrides.
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Longest text shown whole; the rest is counted. */
const SHOWN_LENGTH_MAX = 120;

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** The text with every control character shown as an escape: `\x1b`, `\n`, `\u202e`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** The text cut to `length` characters, with a note of how many were left out. */
export function clipped(text: string, length: number = SHOWN_LENGTH_MAX): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length)}… (${text.length} characters)`;
}

/** A value as it stands in a refusal: in quotes, printable, not endless. */
export function shown(text: string): string {
  return `"${printable(clipped(text))}"`;
}
