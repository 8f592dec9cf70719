/**
 * What is wrong with a value, and where: the words of every refusal of this package.
 */

/** One thing that is wrong. */
export interface FaultProblem {
  /** JSON pointer (RFC 6901) into what was checked: `/probability`, `/faults/0/delayMs`. */
  readonly path: string;
  /** Names the setting, the rule and the value. */
  readonly message: string;
}

/** An object whose fields may hold anything. */
export type Settings = Readonly<Record<string, unknown>>;

/** Characters of a value that a message shows. */
const SHOWN_CHARACTERS_MAX = 60;

export function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field as a JSON pointer. */
export function pointerTo(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** @param rule completes "must be …" */
export function problem(path: string, setting: string, rule: string, value: unknown): FaultProblem {
  return { path, message: `Cannot use it as "${setting}" must be ${rule}: got ${show(value)}` };
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`;
}
